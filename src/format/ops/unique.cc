#include "format/ops/rule.h"

namespace pare {

// Elements of the flattened input, or slices along an axis, each once; where each occurs first, which of them every
// element is, and how often each occurs (all i64).
Status infer_unique(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  const Dim found(1, context.symbols.fresh());
  Dim all(1, context.symbols.fresh());
  std::optional<Dims> dims = context.in(0).dims;
  if (context.attributes.has("axis")) {
    if (dims) {
      PARE_ASSIGN(const size_t axis, rules::normalize_axis(context.attributes.integer("axis", 0), dims->size()));
      all = (*dims)[axis];
      (*dims)[axis] = found;
    }
  } else {
    if (dims) {
      all = Dim(1);
      for (const Dim& dim : *dims) all = multiply(all, dim, context.symbols);
    }
    dims = Dims{found};
  }
  PARE_TRY(rules::give(context, 0, context.in(0).dtype, std::move(dims)));
  PARE_TRY(rules::give(context, 1, DType::i64, Dims{found}));
  PARE_TRY(rules::give(context, 2, DType::i64, Dims{all}));
  return rules::give(context, 3, DType::i64, Dims{found});
}

}  // namespace pare
