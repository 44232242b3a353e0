#include "format/ops/rule.h"

namespace pare {

// indices, depth, values [off, on]; a new axis of `depth` elements.
Status infer_one_hot(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 3));
  std::optional<Dims> dims = context.in(0).dims;
  if (dims) {
    PARE_ASSIGN(const size_t axis, rules::normalize_axis(context.attributes.integer("axis", -1), dims->size() + 1));
    const std::optional<Dims>& depth = context.in(1).value;
    if (depth && depth->size() != 1) return rules::invalid("the depth must be one number", 1);
    dims->insert(dims->begin() + static_cast<std::ptrdiff_t>(axis),
                 depth ? depth->front() : Dim(1, context.symbols.fresh()));
  }
  return rules::give(context, 0, context.in(2).dtype, std::move(dims));
}

}  // namespace pare
