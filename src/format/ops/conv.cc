#include "format/ops/window.h"

namespace pare {

// The kernel's spatial sizes, from the weight and the attribute; nothing when neither knows them.
static Result<std::optional<Shape>> conv_kernel(const InferContext& context) {
  std::optional<Shape> kernel;
  if (context.attributes.has("kernel_shape")) kernel = context.attributes.integers("kernel_shape");
  if (!context.in(1).dims) return kernel;
  const Dims& weight = *context.in(1).dims;
  if (weight.size() < 3) return rules::invalid("the weight of a convolution has at least 3 dimensions", 1);
  if (!kernel) return known_shape(Dims(weight.begin() + 2, weight.end()));
  if (kernel->size() + 2 != weight.size()) return rules::invalid("kernel_shape and the weight differ", 1);
  for (size_t i = 0; i < kernel->size(); ++i)
    if (!rules::merge(weight[i + 2], (*kernel)[i])) return rules::invalid("kernel_shape and the weight differ", 1);
  return kernel;
}

// X [N, C, spatial ...], W [M, C / group, kernel ...], B [M].
Status infer_conv(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 2));
  PARE_TRY(rules::need_type(context, 0, is_float));
  PARE_TRY(rules::need_type(context, 1, is_float));
  const int64_t group = context.attributes.integer("group", 1);
  if (group < 1) return rules::invalid("group must be positive");
  PARE_ASSIGN(const std::optional<Shape> kernel, conv_kernel(context));
  std::optional<Window> window;
  if (kernel) {
    PARE_ASSIGN(window, read_window(context.attributes, *kernel));
  }

  Dim maps(1, context.symbols.fresh());
  if (context.in(1).dims) {
    const Dims& weight = *context.in(1).dims;
    maps = weight[0];
    if (maps.known() && maps.factor % group != 0)
      return rules::invalid("the output channels do not divide into the groups", 1);
  }
  if (context.has(2) && context.in(2).dims) {
    const Dims& bias = *context.in(2).dims;
    if (bias.size() != 1 || !rules::merge(bias[0], maps))
      return rules::invalid("the bias needs one element per output channel", 2);
    maps = *rules::merge(maps, bias[0]);
  }
  if (!context.in(0).dims) return rules::give(context, 0, dtype, std::nullopt);

  Dims dims = *context.in(0).dims;
  if (dims.size() < 3) return rules::invalid("a convolution needs a batch, channels and spatial dimensions");
  if (window && dims.size() != window->rank() + 2) return rules::invalid("input and weight have different ranks");
  if (context.in(1).dims) {
    const Dims& weight = *context.in(1).dims;
    if (weight.size() != dims.size()) return rules::invalid("input and weight have different ranks", 1);
    if (dims[1].known() && weight[1].known()) {
      const std::optional<int64_t> channels = checked_mul(weight[1].factor, group);
      if (!channels || *channels != dims[1].factor)
        return rules::invalid("the weight is for another number of input channels", 1);
    }
  }
  dims[1] = maps;
  for (size_t i = 2; i < dims.size(); ++i) {
    if (!window) {
      dims[i] = Dim(1, context.symbols.fresh());
      continue;
    }
    PARE_ASSIGN(dims[i], window_output(*window, i - 2, dims[i], context.symbols));
  }
  return rules::give(context, 0, dtype, std::move(dims));
}

}  // namespace pare
