#include "format/ops/cast.h"

#include "format/onnx_dtype.h"

namespace pare {

Status infer_cast(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  const int64_t to = context.attributes.integer("to", 0);
  if (!is_onnx_dtype(to)) return rules::invalid("Cast to a type that does not exist");
  return rules::give_cast(context, dtype_from_onnx(to));
}

}  // namespace pare
