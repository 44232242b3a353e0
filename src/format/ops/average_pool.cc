#include "format/ops/window.h"

namespace pare {

// Dilations of an average came with opset 19; opset 17 has no such attribute.
Status infer_average_pool(InferContext& context) {
  if (context.attributes.has("dilations")) return rules::invalid("AveragePool has no dilations in opset 17");
  PARE_ASSIGN(std::optional<Dims> dims, pool_output(context));
  PARE_TRY(rules::need_type(context, 0, is_float));
  return rules::give(context, 0, context.in(0).dtype, std::move(dims));
}

}  // namespace pare
