#include "format/ops/scatter.h"

namespace pare {

Status infer_scatter_elements(InferContext& context) { return rules::infer_scatter_along(context); }

}  // namespace pare
