#include "format/ops/window.h"

namespace pare {

Status infer_lp_pool(InferContext& context) {
  PARE_ASSIGN(std::optional<Dims> dims, pool_output(context));
  PARE_TRY(rules::need_type(context, 0, is_float));
  if (context.attributes.integer("p", 2) < 1) return rules::invalid("p must be positive");
  return rules::give(context, 0, context.in(0).dtype, std::move(dims));
}

}  // namespace pare
