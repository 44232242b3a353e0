#include "format/ops/integer_product.h"
#include "format/ops/matrix.h"

namespace pare {

// a, its scale and zero point; b, its scale and zero point; scale and zero point of y.
Status infer_q_linear_matmul(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 8));
  for (const size_t i : {0, 2, 3, 5, 7}) PARE_TRY(rules::need_type(context, i, rules::is_byte));
  for (const size_t i : {1, 4, 6}) PARE_TRY(rules::need_type(context, i, is_float));
  for (const size_t i : {1, 2}) PARE_TRY(rules::check_matrix_parameter(context, i, 0, /*rows=*/true));
  for (const size_t i : {4, 5}) PARE_TRY(rules::check_matrix_parameter(context, i, 3, /*rows=*/false));
  PARE_ASSIGN(std::optional<Dims> dims, rules::product_output(context, 0, 3));
  return rules::give(context, 0, context.in(7).dtype, std::move(dims));
}

}  // namespace pare
