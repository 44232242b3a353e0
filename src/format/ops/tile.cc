#include "format/ops/rule.h"

namespace pare {

// x, repeats: one number per dimension.
Status infer_tile(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  std::optional<Dims> dims = context.in(0).dims;
  const std::optional<Dims>& repeats = context.in(1).value;
  if (dims && repeats && repeats->size() != dims->size())
    return rules::invalid("repeats needs one number per dimension", 1);
  for (size_t i = 0; dims && i < dims->size(); ++i) {
    if (repeats && (*repeats)[i].known() && (*repeats)[i].factor < 0) return rules::invalid("a repeat is negative", 1);
    if (repeats && (*dims)[i].known() && (*repeats)[i].known() && !checked_mul((*dims)[i].factor, (*repeats)[i].factor))
      return rules::invalid("too many elements", 1);
    (*dims)[i] = repeats ? multiply((*dims)[i], (*repeats)[i], context.symbols) : Dim(1, context.symbols.fresh());
  }
  return rules::give(context, 0, context.in(0).dtype, std::move(dims));
}

}  // namespace pare
