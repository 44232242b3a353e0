#include "format/ops/window.h"

namespace pare {

static constexpr int64_t kMaxWindowNumber = INT32_MAX;

static Status check_window_list(std::span<const int64_t> list, size_t count, int64_t lowest, const char* what) {
  if (list.size() != count) return rules::invalid(what);
  for (const int64_t n : list)
    if (n < lowest || n > kMaxWindowNumber) return rules::invalid(what);
  return {};
}

Result<Window> read_window(const Attributes& attributes, Shape kernel) {
  Window w;
  const size_t rank = kernel.size();
  if (rank == 0 || rank > rules::kMaxRank) return rules::invalid("a window needs spatial dimensions");
  w.kernel = std::move(kernel);
  PARE_TRY(check_window_list(w.kernel, rank, 1, "kernel sizes must be positive"));
  w.strides = attributes.integers("strides", Shape(rank, 1));
  PARE_TRY(check_window_list(w.strides, rank, 1, "strides must be positive, one per spatial dimension"));
  w.dilations = attributes.integers("dilations", Shape(rank, 1));
  PARE_TRY(check_window_list(w.dilations, rank, 1, "dilations must be positive, one per spatial dimension"));

  const std::string auto_pad = attributes.text("auto_pad", "NOTSET");
  if (auto_pad == "VALID")
    w.auto_pad = AutoPad::valid;
  else if (auto_pad == "SAME_UPPER")
    w.auto_pad = AutoPad::same_upper;
  else if (auto_pad == "SAME_LOWER")
    w.auto_pad = AutoPad::same_lower;
  else if (auto_pad != "NOTSET" && !auto_pad.empty())
    return rules::invalid("auto_pad has an unknown value");

  // Files carry `pads` beside auto_pad now and then; auto_pad wins.
  Shape pads(2 * rank, 0);
  if (w.auto_pad == AutoPad::explicit_pads) pads = attributes.integers("pads", std::move(pads));
  PARE_TRY(check_window_list(pads, 2 * rank, 0, "pads must be two numbers per spatial dimension, not negative"));
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(rank);
  w.pads_begin.assign(pads.begin(), middle);
  w.pads_end.assign(middle, pads.end());
  w.ceil_mode = attributes.integer("ceil_mode", 0) != 0;
  return w;
}

static bool pads_to_same(const Window& w) {
  return w.auto_pad == AutoPad::same_upper || w.auto_pad == AutoPad::same_lower;
}

Result<Dim> window_output(const Window& w, size_t i, Dim input, Symbols& symbols) {
  const int64_t stride = w.strides[i], extent = w.extent(i);
  const int64_t pads = w.pads_begin[i] + w.pads_end[i];
  if (!input.known()) {
    if (stride == 1 && (pads_to_same(w) || pads == extent - 1)) return input;
    return Dim(1, symbols.fresh());
  }
  const int64_t size = input.factor;
  if (size < 0) return rules::invalid("a dimension is negative");
  if (pads_to_same(w)) return Dim(size / stride + (size % stride != 0));
  const std::optional<int64_t> padded = checked_add(size, pads);
  if (!padded) return rules::invalid("the padded size overflows");
  const int64_t slack = *padded - extent;
  if (slack < 0) {
    if (w.ceil_mode && slack > -stride && size > 0) return Dim(1);  // one window that reaches beyond the end
    return rules::invalid("the kernel is larger than the padded input");
  }
  if (!w.ceil_mode) return Dim(slack / stride + 1);
  int64_t output = slack / stride + (slack % stride != 0) + 1;
  // The last window must start inside the input or its left padding, as in ONNX Runtime and PyTorch: a window that
  // sees nothing but right padding has no maximum and no average.
  if ((output - 1) * stride >= size + w.pads_begin[i]) --output;
  return Dim(output);
}

Status resolve_pads(Window& w, std::span<const int64_t> spatial) {
  if (spatial.size() != w.rank()) return rules::invalid("the window has another rank than the input");
  if (pads_to_same(w)) {
    for (size_t i = 0; i < w.rank(); ++i) {
      const int64_t size = spatial[i], stride = w.strides[i];
      if (size < 0) return rules::invalid("a dimension is negative");
      // Elements that the last window takes beyond its start, minus what the input has there.
      const int64_t beyond = size % stride == 0 ? stride : size % stride;
      const int64_t total = size == 0 ? 0 : std::max<int64_t>(w.extent(i) - beyond, 0);
      w.pads_begin[i] = w.auto_pad == AutoPad::same_upper ? total / 2 : total - total / 2;
      w.pads_end[i] = total - w.pads_begin[i];
    }
  }
  w.auto_pad = AutoPad::explicit_pads;
  return {};
}

Result<std::optional<Dims>> pool_output(const InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  const Shape kernel = context.attributes.integers("kernel_shape");
  PARE_ASSIGN(const Window window, read_window(context.attributes, kernel));
  if (!context.in(0).dims) return std::optional<Dims>{};
  Dims dims = *context.in(0).dims;
  if (dims.size() != window.rank() + 2)
    return rules::invalid("the pooled tensor needs a batch, channels and one dimension per kernel size");
  for (size_t i = 0; i < window.rank(); ++i) {
    PARE_ASSIGN(dims[i + 2], window_output(window, i, dims[i + 2], context.symbols));
  }
  return std::optional<Dims>(std::move(dims));
}

}  // namespace pare
