#include "format/ops/scatter.h"

namespace pare {

Status infer_scatter_nd(InferContext& context) { return rules::infer_scatter(context); }

}  // namespace pare
