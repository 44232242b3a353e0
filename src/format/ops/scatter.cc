#include "format/ops/scatter.h"

namespace pare {

// Opset 11 called it ScatterElements, which lifting makes of it, too.
Status infer_scatter(InferContext& context) { return rules::infer_scatter_along(context); }

}  // namespace pare
