#include "format/ops/rule.h"

namespace pare {

// Size along one axis; negative pads cut.
static Result<Dim> padded_dim(Dim size, Dim begin, Dim end, bool reflect, Symbols& symbols) {
  if (!begin.known() || !end.known()) return Dim(1, symbols.fresh());
  if (begin.factor == 0 && end.factor == 0) return size;
  if (!size.known()) return Dim(1, symbols.fresh());
  if (reflect && (begin.factor >= size.factor || end.factor >= size.factor))
    return rules::invalid("reflected padding must be smaller than the dimension");
  const std::optional<int64_t> pads = checked_add(begin.factor, end.factor);
  const std::optional<int64_t> sum = pads ? checked_add(size.factor, *pads) : std::nullopt;
  if (!sum || *sum < 0) return rules::invalid("the padded size is negative or overflows");
  return Dim(*sum);
}

// data, pads (all begins, then all ends), constant_value. Old forms have pads as an attribute, new ones (opset 18) may
// name some axes: only the rank is told of these, until they are lifted.
Status infer_pad(InferContext& context) {
  if (context.attributes.has("pads") || context.has(3)) {
    PARE_TRY(rules::need_inputs(context, 1));
    std::optional<Dims> open = context.in(0).dims;
    if (open)
      for (Dim& dim : *open) dim = Dim(1, context.symbols.fresh());
    return rules::give(context, 0, context.in(0).dtype, std::move(open));
  }
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  const std::string mode = context.attributes.text("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
    return rules::invalid("Pad has an unknown mode");
  const TensorFacts &x = context.in(0), &pads = context.in(1);
  if (!x.dims) return rules::give(context, 0, x.dtype, std::nullopt);
  Dims dims = *x.dims;
  const std::optional<int64_t> length = rules::list_length(context, 1);
  if (length && *length != static_cast<int64_t>(2 * dims.size()))
    return rules::invalid("pads must be two numbers per dimension", 1);
  if (pads.value && pads.value->size() != 2 * dims.size())
    return rules::invalid("pads must be two numbers per dimension", 1);
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!pads.value) {
      dims[i] = Dim(1, context.symbols.fresh());
      continue;
    }
    PARE_ASSIGN(dims[i], padded_dim(dims[i], (*pads.value)[i], (*pads.value)[dims.size() + i], mode == "reflect",
                                    context.symbols));
  }
  return rules::give(context, 0, x.dtype, std::move(dims));
}

}  // namespace pare
