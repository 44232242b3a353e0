#include "format/ops/convolution.h"
#include "format/ops/integer_product.h"

namespace pare {

// x, its scale and zero point; w, its scale and zero point; scale and zero point of y; B in steps of x_scale * w_scale.
Status infer_q_linear_conv(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 8));
  for (const size_t i : {0, 2, 3, 5, 7}) PARE_TRY(rules::need_type(context, i, rules::is_byte));
  for (const size_t i : {1, 4, 6}) PARE_TRY(rules::need_type(context, i, is_float));
  for (const size_t i : {1, 2, 6, 7}) PARE_TRY(rules::check_byte_parameter(context, i, Dim(1)));
  for (const size_t i : {4, 5}) PARE_TRY(rules::check_byte_parameter(context, i, rules::first_dim(context, 3)));
  PARE_ASSIGN(std::optional<Dims> dims, rules::convolution_output(context, 0, 3, 8));
  return rules::give(context, 0, context.in(7).dtype, std::move(dims));
}

}  // namespace pare
