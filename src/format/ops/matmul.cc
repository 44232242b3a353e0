#include "format/ops/matrix.h"

namespace pare {

Status infer_matmul(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 1));
  PARE_TRY(rules::need_type(context, 0, rules::is_matrix_type));
  PARE_TRY(rules::need_type(context, 1, rules::is_matrix_type));
  PARE_ASSIGN(std::optional<Dims> dims, rules::product_output(context, 0, 1));
  return rules::give(context, 0, dtype, std::move(dims));
}

}  // namespace pare
