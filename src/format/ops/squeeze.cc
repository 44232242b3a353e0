#include "format/ops/rule.h"

namespace pare {

// Without axes, every dimension of 1 goes; a symbol among them leaves the rank open.
Status infer_squeeze(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  const TensorFacts& x = context.in(0);
  if (!x.dims) return rules::give(context, 0, x.dtype, std::nullopt);
  const Dims& dims = *x.dims;
  std::vector<bool> gone(dims.size(), false);
  if (context.has(1)) {
    const std::optional<Shape> axes = rules::known_value(context, 1);
    if (!axes) return rules::give(context, 0, x.dtype, std::nullopt);
    PARE_ASSIGN(gone, rules::mark_axes(*axes, dims.size()));
  } else {
    for (size_t i = 0; i < dims.size(); ++i) {
      if (!dims[i].known()) return rules::give(context, 0, x.dtype, std::nullopt);
      gone[i] = dims[i] == Dim(1);
    }
  }
  Dims out;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!gone[i])
      out.push_back(dims[i]);
    else if (!rules::merge(dims[i], 1))
      return rules::invalid("a squeezed dimension is not 1", i);
  }
  return rules::give(context, 0, x.dtype, std::move(out), x.value);
}

}  // namespace pare
