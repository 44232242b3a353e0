#include "format/ops/rule.h"

namespace pare {

// x, k; the k largest or smallest elements along an axis and their indices (i64).
Status infer_top_k(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 0, rules::is_numeric));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  std::optional<Dims> dims = context.in(0).dims;
  if (dims) {
    PARE_ASSIGN(const size_t axis, rules::normalize_axis(context.attributes.integer("axis", -1), dims->size()));
    const std::optional<Dims>& k = context.in(1).value;
    if (k && k->size() != 1) return rules::invalid("k must be one number", 1);
    if (k && k->front().known() && (*dims)[axis].known() && k->front().factor > (*dims)[axis].factor)
      return rules::invalid("k is larger than the axis", 1);
    (*dims)[axis] = k ? k->front() : Dim(1, context.symbols.fresh());
  }
  PARE_TRY(rules::give(context, 0, context.in(0).dtype, dims));
  return rules::give(context, 1, DType::i64, std::move(dims));
}

}  // namespace pare
