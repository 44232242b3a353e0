// MatMul and its relatives on integers.
#pragma once

#include "core/ops/ties_complete.h"

namespace pare::ops {

// Y = A B as in numpy.matmul: leading axes broadcast, a vector on the left is a row, on the right a column.
inline void tie_product_of(ChannelTies& ties, ValueId a, ValueId b, ValueId y) {
  const bool row = ties.rank(a) == 1, column = ties.rank(b) == 1;
  ties.tie(ties.axis(a, -1), ties.axis(b, column ? -1 : -2));
  if (!row) ties.tie(ties.axis(a, -2), ties.axis(y, column ? -1 : -2));
  if (!column) ties.tie(ties.axis(b, -1), ties.axis(y, -1));
  const size_t batch = ties.rank(y) - (row ? 0 : 1) - (column ? 0 : 1);
  for (const ValueId from : {a, b}) {
    const size_t own = ties.rank(from) > 2 ? ties.rank(from) - 2 : 0;
    for (size_t i = 0; i < own; ++i) tie_stretched(ties, from, i, y, i + batch - own);
  }
}

// A scale or zero point of a matrix: one for all, one per row or column (`axis` of the matrix), or a tensor of the
// matrix's rank that is stretched along the other axis.
inline void tie_matrix_scale(ChannelTies& ties, const Node& node, size_t input, ValueId matrix, int64_t axis) {
  if (!ties.graph().has_input(node, input)) return;
  const ValueId v = node.inputs[input];
  if (ties.rank(v) > 1 && ties.rank(v) == ties.rank(matrix))
    tie_broadcast(ties, v, matrix);
  else
    tie_per_index(ties, node, input, ties.axis(matrix, axis));
}

}  // namespace pare::ops
