#include "format/ops/convolution.h"

namespace pare {

Status infer_conv(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 2));
  PARE_TRY(rules::need_type(context, 0, is_float));
  PARE_TRY(rules::need_type(context, 1, is_float));
  PARE_ASSIGN(std::optional<Dims> dims, rules::convolution_output(context, 0, 1, 2));
  return rules::give(context, 0, dtype, std::move(dims));
}

}  // namespace pare
