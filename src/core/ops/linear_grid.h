// QuantizeLinear and DequantizeLinear across opset 13, which brought the axis: before, one scale served all elements.
#pragma once

#include "core/ops/define.h"

namespace pare::ops {

inline constexpr AttributeSpec kLinearGridAttributes[] = {{"axis", AttributeType::integer}};
void lift_linear_grid(Graph& graph, NodeId id, int64_t version);
void lower_linear_grid(Graph& graph, NodeId id, int64_t version);

}  // namespace pare::ops
