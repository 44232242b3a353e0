#include "format/ops/global_pool.h"

namespace pare {

Status infer_global_lp_pool(InferContext& context) {
  if (context.attributes.integer("p", 2) < 1) return rules::invalid("p must be positive");
  return rules::infer_global_pool(context);
}

}  // namespace pare
