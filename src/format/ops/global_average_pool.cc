#include "format/ops/global_pool.h"

namespace pare {

Status infer_global_average_pool(InferContext& context) { return rules::infer_global_pool(context); }

}  // namespace pare
