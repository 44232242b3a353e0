#include "train/torch/fake_quant.h"

#include "core/error.h"

namespace pare::engine {
namespace {

class Quantize : public torch::autograd::Function<Quantize> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& scale,
                            const at::Tensor& zero_point, double low, double high) {
    const at::Tensor level = at::round(x / scale) + zero_point;
    context->save_for_backward({at::logical_and(level.ge(low), level.le(high)), scale});
    return level.clamp(low, high);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradient) {
    const auto saved = context->get_saved_variables();
    return {gradient[0] * saved[0] / saved[1], {}, {}, {}, {}};
  }
};

}  // namespace

at::Tensor quantize(const at::Tensor& x, const AffineRange& range) {
  if (at::GradMode::is_enabled() && x.requires_grad())
    return Quantize::apply(x, range.scale, range.zero_point, range.low, range.high);
  return (at::round(x / range.scale) + range.zero_point).clamp(range.low, range.high);
}

at::Tensor dequantize(const at::Tensor& levels, const AffineRange& range) {
  return (levels - range.zero_point) * range.scale;
}

at::Tensor along_axis(const at::Tensor& v, int64_t axis, int64_t rank) {
  if (v.numel() == 1) return v.reshape({});
  std::vector<int64_t> shape(static_cast<size_t>(rank), 1);
  shape[static_cast<size_t>(axis < 0 ? axis + rank : axis)] = v.numel();
  return v.reshape(shape);
}

at::Tensor round_to_grid(const at::Tensor& x, const Grid& grid) {
  if (grid.kind != GridKind::affine || grid.block != 0)
    fail(Code::unsupported, "an activation on a grid that is not affine per tensor or per axis");
  std::vector<float> zero_point(grid.scale.size(), 0);
  for (size_t i = 0; i < grid.zero_point.size(); ++i) zero_point[i] = static_cast<float>(grid.zero_point[i]);
  AffineRange range;
  range.scale = along_axis(at::tensor(grid.scale).to(x.device()), grid.axis, x.dim());
  range.zero_point = along_axis(at::tensor(zero_point).to(x.device()), grid.axis, x.dim());
  range.low = static_cast<double>(grid.lowest());
  range.high = static_cast<double>(grid.highest());
  return dequantize(quantize(x, range), range);
}

}  // namespace pare::engine
