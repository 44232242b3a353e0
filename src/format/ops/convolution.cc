#include "format/ops/convolution.h"

namespace pare::rules {

// The kernel's spatial sizes, from the weight and the attribute; nothing when neither knows them.
static Result<std::optional<Shape>> conv_kernel(const InferContext& context, size_t w) {
  std::optional<Shape> kernel;
  if (context.attributes.has("kernel_shape")) kernel = context.attributes.integers("kernel_shape");
  if (!context.in(w).dims) return kernel;
  const Dims& weight = *context.in(w).dims;
  if (weight.size() < 3) return invalid("the weight of a convolution has at least 3 dimensions", w);
  if (!kernel) return known_shape(Dims(weight.begin() + 2, weight.end()));
  if (kernel->size() + 2 != weight.size()) return invalid("kernel_shape and the weight differ", w);
  for (size_t i = 0; i < kernel->size(); ++i)
    if (!merge(weight[i + 2], (*kernel)[i])) return invalid("kernel_shape and the weight differ", w);
  return kernel;
}

Result<std::optional<Dims>> convolution_output(InferContext& context, size_t x, size_t w, size_t bias) {
  const int64_t group = context.attributes.integer("group", 1);
  if (group < 1) return invalid("group must be positive");
  PARE_ASSIGN(const std::optional<Shape> kernel, conv_kernel(context, w));
  std::optional<Window> window;
  if (kernel) {
    PARE_ASSIGN(window, read_window(context.attributes, *kernel));
  }

  Dim maps(1, context.symbols.fresh());
  if (context.in(w).dims) {
    const Dims& weight = *context.in(w).dims;
    maps = weight[0];
    if (maps.known() && maps.factor % group != 0)
      return invalid("the output channels do not divide into the groups", w);
  }
  if (context.has(bias) && context.in(bias).dims) {
    const Dims& offsets = *context.in(bias).dims;
    if (offsets.size() != 1 || !merge(offsets[0], maps))
      return invalid("the bias needs one element per output channel", bias);
    maps = *merge(maps, offsets[0]);
  }
  if (!context.in(x).dims) return std::optional<Dims>{};

  Dims dims = *context.in(x).dims;
  if (dims.size() < 3) return invalid("a convolution needs a batch, channels and spatial dimensions", x);
  if (window && dims.size() != window->rank() + 2) return invalid("input and weight have different ranks", x);
  if (context.in(w).dims) {
    const Dims& weight = *context.in(w).dims;
    if (weight.size() != dims.size()) return invalid("input and weight have different ranks", w);
    if (dims[1].known() && weight[1].known()) {
      const std::optional<int64_t> channels = checked_mul(weight[1].factor, group);
      if (!channels || *channels != dims[1].factor)
        return invalid("the weight is for another number of input channels", w);
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
  return std::optional<Dims>(std::move(dims));
}

}  // namespace pare::rules
