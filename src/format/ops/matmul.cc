#include "format/ops/broadcast.h"
#include "format/ops/matrix.h"

namespace pare {

// numpy.matmul: leading dimensions broadcast; a vector on the left is a row, on the right a column, and the
// dimension that this adds does not appear in the result.
Status infer_matmul(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 1));
  PARE_TRY(rules::need_type(context, 0, rules::is_matrix_type));
  PARE_TRY(rules::need_type(context, 1, rules::is_matrix_type));
  if (!context.in(0).dims || !context.in(1).dims) return rules::give(context, 0, dtype, std::nullopt);
  Dims a = *context.in(0).dims, b = *context.in(1).dims;
  if (a.empty() || b.empty()) return rules::invalid("MatMul does not multiply scalars");
  const bool row = a.size() == 1, column = b.size() == 1;
  if (row) a.insert(a.begin(), Dim(1));
  if (column) b.push_back(Dim(1));
  if (!rules::merge(a.back(), b[b.size() - 2])) return rules::invalid("the inner dimensions of the product differ");
  PARE_ASSIGN(Dims dims,
              rules::broadcast(std::span(a).first(a.size() - 2), std::span(b).first(b.size() - 2), context.symbols));
  if (!row) dims.push_back(a[a.size() - 2]);
  if (!column) dims.push_back(b.back());
  return rules::give(context, 0, dtype, std::move(dims));
}

}  // namespace pare
