// QuantizeLinear, DequantizeLinear, and products of levels. While gradients flow, levels stay floats, so that they pass
// a straight-through gradient; otherwise they are the integers that ONNX says.
#include "core/error.h"
#include "train/torch/fake_quant.h"
#include "train/torch/op.h"
#include "train/torch/ops/spatial.h"

namespace pare::engine {
namespace {

AffineRange range_of(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& zero_point, int64_t axis) {
  AffineRange range;
  range.scale = along_axis(scale.to(x.device()), axis, x.dim());
  range.zero_point = zero_point.defined() ? along_axis(zero_point.to(x.device(), at::kFloat), axis, x.dim())
                                          : at::zeros({}, scale.options().device(x.device()));
  return range;
}

// Levels without their zero point, in f64: sums of products of bytes are exact there, and fast.
at::Tensor centred(Inputs in, size_t levels, const at::Tensor& zero_point, const Mode& mode) {
  const at::Tensor x = in[levels].to(mode.device, at::kDouble);
  return zero_point.defined() ? x - zero_point.to(mode.device, at::kDouble) : x;
}
at::Tensor optional_input(Inputs in, size_t i) { return present(in, i) ? in[i] : at::Tensor(); }

// One per row of a matrix, to broadcast against it; what is there once, or has the matrix' rank, does so anyway.
at::Tensor per_row(const at::Tensor& v) { return v.defined() && v.dim() == 1 ? v.unsqueeze(-1) : v; }
// One per output channel of a weight.
at::Tensor per_map(const at::Tensor& v, int64_t rank, int64_t axis) {
  return v.defined() ? along_axis(v, axis, rank) : v;
}

at::Tensor in_32_bits(const at::Tensor& sums) { return sums.to(sums.requires_grad() ? at::kFloat : at::kInt); }

// Sums of products in steps of `scale` to levels of the type of `zero_point`.
at::Tensor requantize(const at::Tensor& sums, const at::Tensor& scale, const at::Tensor& zero_point, const Mode& mode) {
  const at::ScalarType type = zero_point.scalar_type();
  ensure(type == at::kByte || type == at::kChar, "levels of type {}", at::toString(type));
  AffineRange range;
  range.scale = at::ones({}, scale.options().device(mode.device));
  range.zero_point = zero_point.to(mode.device, at::kFloat).reshape({});
  range.low = type == at::kByte ? 0 : -128;
  range.high = type == at::kByte ? 255 : 127;
  const at::Tensor levels = quantize(sums.to(at::kFloat) * scale.to(mode.device), range);
  return levels.requires_grad() ? levels : levels.to(type);
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

// The range of x, widened to hold zero, in 255 steps.
Kernel prepare_dynamic_quantize_linear(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs {
    const at::Tensor x = in[0].detach(), zero = at::zeros({}, x.options());
    const at::Tensor low = x.numel() == 0 ? zero : at::minimum(x.min(), zero),
                     high = x.numel() == 0 ? zero : at::maximum(x.max(), zero);
    at::Tensor scale = (high - low) / 255;
    scale = scale.masked_fill(scale.eq(0), 1);  // nothing but zeros
    AffineRange range;
    range.scale = scale;
    range.zero_point = at::round(-low / scale).clamp(0, 255);
    const at::Tensor levels = quantize(in[0], range);
    return {levels.requires_grad() ? levels : levels.to(at::kByte), scale, range.zero_point.to(at::kByte)};
  };
}

Kernel prepare_matmul_integer(const Node&) {
  return [](Inputs in, const Mode& mode) -> Outputs {
    const at::Tensor a = centred(in, 0, per_row(optional_input(in, 2)), mode),
                     b = centred(in, 1, optional_input(in, 3), mode);
    return {in_32_bits(at::matmul(a, b))};
  };
}

Kernel prepare_conv_integer(const Node& node) {
  const NodeWindow window(node);
  const int64_t groups = node.attributes.integer("group", 1);
  return [=](Inputs in, const Mode& mode) -> Outputs {
    const Window at = window.at(in[0].sizes().slice(2), in[1].sizes().slice(2));
    const at::Tensor x = centred(in, 0, per_map(optional_input(in, 2), in[0].dim(), 1), mode),
                     w = centred(in, 1, per_map(optional_input(in, 3), in[1].dim(), 0), mode);
    return {in_32_bits(convolve(x, w, {}, at, groups))};
  };
}

Kernel prepare_q_linear_matmul(const Node&) {
  return [](Inputs in, const Mode& mode) -> Outputs {
    const at::Tensor a = centred(in, 0, per_row(in[2]), mode), b = centred(in, 3, in[5], mode);
    const at::Tensor scale = per_row(in[1]) * in[4] / in[6];
    return {requantize(at::matmul(a, b), scale, in[7], mode)};
  };
}

Kernel prepare_q_linear_conv(const Node& node) {
  const NodeWindow window(node);
  const int64_t groups = node.attributes.integer("group", 1);
  return [=](Inputs in, const Mode& mode) -> Outputs {
    const int64_t rank = in[0].dim();
    const Window at = window.at(in[0].sizes().slice(2), in[3].sizes().slice(2));
    const at::Tensor x = centred(in, 0, per_map(in[2], rank, 1), mode),
                     w = centred(in, 3, per_map(in[5], rank, 0), mode);
    Optional<at::Tensor> bias;
    if (present(in, 8)) bias = in[8].to(mode.device, at::kDouble);
    const at::Tensor scale = per_map(in[1] * in[4] / in[6], rank, 1);
    return {requantize(convolve(x, w, bias, at, groups), scale, in[7], mode)};
  };
}

}  // namespace pare::engine
