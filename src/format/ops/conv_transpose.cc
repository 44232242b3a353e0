#include "format/ops/window.h"

namespace pare {

// Output size along spatial dimension i; total_padding is what the pads take away.
static Result<Dim> transposed_size(InferContext& context, const Window& w, size_t i, Dim input) {
  const Shape extra = context.attributes.integers("output_padding", Shape(w.rank(), 0));
  const Shape wanted = context.attributes.integers("output_shape");
  if (extra.size() != w.rank() || extra[i] < 0 || extra[i] > INT32_MAX)
    return rules::invalid("output_padding needs one number per spatial dimension, not negative");
  if (!wanted.empty()) {
    if (wanted.size() != w.rank() || wanted[i] < 0)
      return rules::invalid("output_shape needs one number per spatial dimension");
    return Dim(wanted[i]);
  }
  if (!input.known()) return Dim(1, context.symbols.fresh());
  const std::optional<int64_t> steps = checked_mul(input.factor, w.strides[i]);
  if (!steps) return rules::invalid("the output is too large");
  if (w.auto_pad == AutoPad::same_upper || w.auto_pad == AutoPad::same_lower) return Dim(*steps);
  const std::optional<int64_t> size =
      checked_add(*steps, extra[i] + w.extent(i) - w.strides[i] - w.pads_begin[i] - w.pads_end[i]);
  if (!size) return rules::invalid("the output is too large");
  if (input.factor < 1 || *size < 1) return rules::invalid("the pads take the whole output away");
  return Dim(*size);
}

// X [N, C, spatial ...], W [C, M / group, kernel ...], B [M].
Status infer_conv_transpose(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 2));
  PARE_TRY(rules::need_type(context, 0, is_float));
  const int64_t group = context.attributes.integer("group", 1);
  if (group < 1) return rules::invalid("group must be positive");
  if (!context.in(0).dims || !context.in(1).dims) return rules::give(context, 0, dtype, std::nullopt);
  Dims dims = *context.in(0).dims;
  const Dims& weight = *context.in(1).dims;
  if (dims.size() < 3 || weight.size() != dims.size())
    return rules::invalid("input and weight have different ranks", 1);
  const std::optional<Dim> channels = rules::merge(dims[1], weight[0]);
  if (!channels) return rules::invalid("the weight is for another number of input channels", 1);
  if (channels->known() && channels->factor % group != 0)
    return rules::invalid("the input channels do not divide into the groups", 1);
  if (weight[1].known() && !checked_mul(weight[1].factor, group)) return rules::invalid("too many channels", 1);
  dims[1] = multiply(weight[1], group, context.symbols);
  if (context.has(2) && context.in(2).dims &&
      (context.in(2).dims->size() != 1 || !rules::merge(context.in(2).dims->front(), dims[1])))
    return rules::invalid("the bias needs one element per output channel", 2);
  const std::optional<Shape> kernel = known_shape(Dims(weight.begin() + 2, weight.end()));
  std::optional<Window> window;
  if (kernel) {
    PARE_ASSIGN(window, read_window(context.attributes, *kernel));
  }
  for (size_t i = 2; i < dims.size(); ++i) {
    if (!window) {
      dims[i] = Dim(1, context.symbols.fresh());
      continue;
    }
    PARE_ASSIGN(dims[i], transposed_size(context, *window, i - 2, dims[i]));
  }
  return rules::give(context, 0, dtype, std::move(dims));
}

}  // namespace pare
