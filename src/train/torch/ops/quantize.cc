// QuantizeLinear and DequantizeLinear. While gradients flow, levels stay floats, so that the pair passes a
// straight-through gradient; otherwise they are the integers that ONNX says.
#include "core/error.h"
#include "train/torch/fake_quant.h"
#include "train/torch/op.h"

namespace pare::engine {
namespace {

AffineRange range_of(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& zero_point, int64_t axis) {
  AffineRange range;
  range.scale = along_axis(scale.to(x.device()), axis, x.dim());
  range.zero_point = zero_point.defined() ? along_axis(zero_point.to(x.device(), at::kFloat), axis, x.dim())
                                          : at::zeros({}, scale.options().device(x.device()));
  return range;
}

}  // namespace

Kernel prepare_quantize_linear(const Node& node) {
  const int64_t axis = node.attributes.integer("axis", 1);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor zero_point = present(in, 2) ? in[2] : at::Tensor();
    const at::ScalarType type = zero_point.defined() ? zero_point.scalar_type() : at::kByte;
    ensure(type == at::kByte || type == at::kChar, "QuantizeLinear to {}", at::toString(type));
    const at::Tensor x = in[0].to(at::kFloat);
    AffineRange range = range_of(x, in[1], zero_point, axis);
    range.low = type == at::kByte ? 0 : -128;
    range.high = type == at::kByte ? 255 : 127;
    const at::Tensor levels = quantize(x, range);
    return {levels.requires_grad() ? levels : levels.to(type)};
  };
}

Kernel prepare_dequantize_linear(const Node& node) {
  const int64_t axis = node.attributes.integer("axis", 1);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor levels = in[0].to(in[1].device(), at::kFloat);
    return {dequantize(levels, range_of(levels, in[1], present(in, 2) ? in[2] : at::Tensor(), axis))};
  };
}

}  // namespace pare::engine
