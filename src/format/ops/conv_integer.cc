#include "format/ops/convolution.h"
#include "format/ops/integer_product.h"

namespace pare {

// x, w, and their zero points; the products add up in 32 bits.
Status infer_conv_integer(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  for (size_t i = 0; i < 4; ++i) PARE_TRY(rules::need_type(context, i, rules::is_byte));
  PARE_TRY(rules::check_byte_parameter(context, 2, Dim(1)));
  PARE_TRY(rules::check_byte_parameter(context, 3, rules::first_dim(context, 1)));
  PARE_ASSIGN(std::optional<Dims> dims, rules::convolution_output(context, 0, 1, context.inputs.size()));
  return rules::give(context, 0, DType::i32, std::move(dims));
}

}  // namespace pare
