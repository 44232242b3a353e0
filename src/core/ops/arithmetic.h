// Add, Sub, Mul, Div.
#pragma once

#include "core/ops/rewrite.h"

namespace pare::ops {

// Integers of 8 and 16 bits came with opset 14.
inline void lower_arithmetic(Graph& graph, NodeId id, int64_t version) {
  if (version < 14)
    need_type(graph, id, version,
              [](DType type) { return is_float(type) || (is_integer(type) && size_of(type) >= 4); });
}

}  // namespace pare::ops
