#include "format/ops/resize.h"

namespace pare {

// X, scales. Opset 10 made it Resize, which lifting makes of it, too.
Status infer_upsample(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 1, is_float));
  PARE_ASSIGN(const ResizeOptions options, read_upsample(context.attributes));
  return infer_resized(context, options, 1, 2);
}

}  // namespace pare
