// Softmax and LogSoftmax across opset 13. Before it they worked on a matrix: dimensions before the axis against all
// from the axis on (default axis 1). Since then they normalize along the axis alone (default -1).
#pragma once

#include "core/ops/define.h"

namespace pare::ops {

inline constexpr AttributeSpec kSoftmaxAttributes[] = {{"axis", AttributeType::integer}};
void lift_softmax(Graph& graph, NodeId id, int64_t version);
void lower_softmax(Graph& graph, NodeId id, int64_t version);

}  // namespace pare::ops
