// Reductions: until opset 17 the axes are an attribute (ReduceSum: until 12), afterwards an input.
#pragma once

#include "core/ops/define.h"
#include "core/ops/rewrite.h"

namespace pare::ops {

inline constexpr AttributeSpec kReduceAttributes[] = {
    {"axes", AttributeType::integers},
    {"keepdims", AttributeType::integer},
    {"noop_with_empty_axes", AttributeType::integer},
};
void lift_reduce(Graph& graph, NodeId id, int64_t version);
void lower_reduce(Graph& graph, NodeId id, int64_t version);

}  // namespace pare::ops
