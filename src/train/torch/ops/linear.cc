// Ops that multiply matrices: Conv, Gemm, MatMul. These are the ones that bf16 speeds up.
#include "train/torch/op.h"
#include "train/torch/ops/spatial.h"

namespace pare::engine {
namespace {

at::Tensor narrow(const at::Tensor& x, const Mode& mode) {
  return mode.bf16 && x.defined() && x.scalar_type() == at::kFloat ? x.to(at::kBFloat16) : x;
}
at::Tensor widen(const at::Tensor& x) { return x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat) : x; }

}  // namespace

Kernel prepare_conv(const Node& node) {
  const NodeWindow window(node);
  const int64_t groups = node.attributes.integer("group", 1);
  return [=](Inputs in, const Mode& mode) -> Outputs {
    at::Tensor x = in[0];
    const at::Tensor& w = in[1];
    Window at = window.at(x.sizes().slice(2), w.sizes().slice(2));
    if (at.pads_begin != at.pads_end) {
      x = pad_spatial(x, at.pads_begin, at.pads_end, 0);
      at.pads_begin.assign(at.rank(), 0);
    }
    Optional<at::Tensor> bias;
    if (present(in, 2)) bias = narrow(in[2], mode);
    const Shape none(at.rank(), 0);
    return {widen(at::convolution(narrow(x, mode), narrow(w, mode), bias, at.strides, at.pads_begin, at.dilations,
                                  /*transposed=*/false, /*output_padding=*/none, groups))};
  };
}

// Y = alpha * A' * B' + beta * C
Kernel prepare_gemm(const Node& node) {
  const float alpha = node.attributes.real("alpha", 1), beta = node.attributes.real("beta", 1);
  const bool trans_a = node.attributes.integer("transA", 0) != 0, trans_b = node.attributes.integer("transB", 0) != 0;
  return [=](Inputs in, const Mode& mode) -> Outputs {
    const at::Tensor a = narrow(trans_a ? in[0].t() : in[0], mode);
    const at::Tensor b = narrow(trans_b ? in[1].t() : in[1], mode);
    if (!present(in, 2) || beta == 0) {
      const at::Tensor y = widen(at::mm(a, b));
      return {alpha == 1 ? y : y * alpha};
    }
    if (a.scalar_type() == at::kFloat || a.scalar_type() == at::kBFloat16)
      return {widen(at::addmm(narrow(in[2], mode), a, b, beta, alpha))};
    return {at::mm(a, b) * static_cast<int64_t>(alpha) + in[2] * static_cast<int64_t>(beta)};  // integer models
  };
}

Kernel prepare_matmul(const Node&) {
  return [](Inputs in, const Mode& mode) -> Outputs {
    return {widen(at::matmul(narrow(in[0], mode), narrow(in[1], mode)))};
  };
}

}  // namespace pare::engine
