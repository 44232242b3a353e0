#include "format/ops/integer_product.h"
#include "format/ops/matrix.h"

namespace pare {

// A, B, and their zero points, A's one per row and B's one per column where there are several.
Status infer_matmul_integer(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  for (size_t i = 0; i < 4; ++i) PARE_TRY(rules::need_type(context, i, rules::is_byte));
  PARE_TRY(rules::check_matrix_parameter(context, 2, 0, /*rows=*/true));
  PARE_TRY(rules::check_matrix_parameter(context, 3, 1, /*rows=*/false));
  PARE_ASSIGN(std::optional<Dims> dims, rules::product_output(context, 0, 1));
  return rules::give(context, 0, DType::i32, std::move(dims));
}

}  // namespace pare
