#include "format/onnx_dtype.h"
#include "format/ops/rule.h"

namespace pare {

// A matrix of the input's shape with ones on one diagonal.
Status infer_eye_like(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  if (context.in(0).dims && context.in(0).dims->size() != 2) return rules::invalid("the input must be a matrix");
  DType dtype = context.in(0).dtype;
  if (context.attributes.has("dtype")) {
    dtype = dtype_from_onnx(context.attributes.integer("dtype", 0));
    if (dtype == DType::none) return rules::invalid("dtype is no element type");
  }
  return rules::give(context, 0, dtype, context.in(0).dims);
}

}  // namespace pare
