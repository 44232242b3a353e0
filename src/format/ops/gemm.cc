#include "format/ops/broadcast.h"
#include "format/ops/matrix.h"

namespace pare {

// alpha * A' * B' + beta * C, C broadcast to [M, N].
Status infer_gemm(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 2));
  PARE_TRY(rules::need_type(context, 0, rules::is_matrix_type));
  PARE_TRY(rules::need_type(context, 1, rules::is_matrix_type));
  const std::optional<Dims>&a = context.in(0).dims, &b = context.in(1).dims;
  if (a && a->size() != 2) return rules::invalid("Gemm multiplies matrices", 0);
  if (b && b->size() != 2) return rules::invalid("Gemm multiplies matrices", 1);
  const bool a_turned = context.attributes.integer("transA", 0) != 0;
  const bool b_turned = context.attributes.integer("transB", 0) != 0;
  if (a && b && !rules::merge((*a)[a_turned ? 0 : 1], (*b)[b_turned ? 1 : 0]))
    return rules::invalid("the inner dimensions of the product differ");
  Dims dims = {a ? (*a)[a_turned ? 1 : 0] : Dim(1, context.symbols.fresh()),
               b ? (*b)[b_turned ? 0 : 1] : Dim(1, context.symbols.fresh())};
  if (context.has(2) && context.in(2).dims && !rules::broadcasts_to(*context.in(2).dims, dims))
    return rules::invalid("C does not broadcast to the product", 2);
  return rules::give(context, 0, dtype, std::move(dims));
}

}  // namespace pare
