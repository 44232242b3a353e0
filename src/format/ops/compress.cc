#include "format/ops/rule.h"

namespace pare {

// input, condition: the elements along an axis, or of the flattened input, for which the condition holds.
Status infer_compress(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 1, rules::is_boolean));
  if (context.in(1).dims && context.in(1).dims->size() != 1) return rules::invalid("the condition must be a list", 1);
  const Dim kept(1, context.symbols.fresh());
  if (!context.attributes.has("axis")) return rules::give(context, 0, context.in(0).dtype, Dims{kept});
  std::optional<Dims> dims = context.in(0).dims;
  if (dims) {
    PARE_ASSIGN(const size_t axis, rules::normalize_axis(context.attributes.integer("axis", 0), dims->size()));
    (*dims)[axis] = kept;
  }
  return rules::give(context, 0, context.in(0).dtype, std::move(dims));
}

}  // namespace pare
