// Ops that multiply matrices: Conv, ConvTranspose, Gemm, MatMul. These are the ones that bf16 speeds up.
#include <algorithm>
#include <string>

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
    const Window at = window.at(in[0].sizes().slice(2), in[1].sizes().slice(2));
    Optional<at::Tensor> bias;
    if (present(in, 2)) bias = narrow(in[2], mode);
    return {widen(convolve(narrow(in[0], mode), narrow(in[1], mode), bias, at, groups))};
  };
}

// The pads of a transposed convolution cut its output. Where they differ on the two sides of an axis, or more must go
// than LibTorch takes, the whole output is computed and cut.
Kernel prepare_conv_transpose(const Node& node) {
  const NodeWindow window(node);
  const int64_t groups = node.attributes.integer("group", 1);
  const std::vector<int64_t> extra = node.attributes.integers("output_padding"),
                             wanted = node.attributes.integers("output_shape");
  const std::string auto_pad = node.attributes.text("auto_pad", "NOTSET");
  return [=](Inputs in, const Mode& mode) -> Outputs {
    const at::Tensor &x = in[0], &w = in[1];
    const Window at = window.raw(w.sizes().slice(2));
    const size_t rank = at.rank();
    Shape more = extra.empty() ? Shape(rank, 0) : extra, begin = at.pads_begin, end = at.pads_end;
    for (size_t i = 0; i < rank; ++i) {
      const int64_t size = x.size(static_cast<int64_t>(i) + 2);
      const int64_t whole = (size - 1) * at.strides[i] + at.extent(i) + more[i];
      const bool same = at.auto_pad == AutoPad::same_upper || at.auto_pad == AutoPad::same_lower;
      if (wanted.empty() && !same) continue;
      const int64_t total = whole - (wanted.empty() ? size * at.strides[i] : wanted.at(i));
      if (total < 0) more[i] -= total;  // longer than the windows reach: zeros at the end
      const int64_t cut = std::max<int64_t>(total, 0);
      begin[i] = at.auto_pad == AutoPad::same_upper ? cut / 2 : cut - cut / 2;
      end[i] = cut - begin[i];
    }
    Optional<at::Tensor> bias;
    if (present(in, 2)) bias = narrow(in[2], mode);
    const Shape none(rank, 0);
    at::Tensor y = widen(at::convolution(narrow(x, mode), narrow(w, mode), bias, at.strides, none, at.dilations,
                                         /*transposed=*/true, none, groups));
    for (size_t i = 0; i < rank; ++i) {
      const int64_t axis = static_cast<int64_t>(i) + 2;
      if (more[i] > 0) {  // places that no window reaches: the bias alone
        std::vector<int64_t> shape = y.sizes().vec();
        shape[static_cast<size_t>(axis)] = more[i];
        at::Tensor tail = at::zeros(shape, y.options());
        if (present(in, 2)) {
          Shape channel(y.sizes().size(), 1);
          channel[1] = y.size(1);
          tail = tail + in[2].reshape(channel);
        }
        y = at::cat({y, tail}, axis);
      }
      y = y.slice(axis, begin[i], y.size(axis) - end[i]);
    }
    return {y};
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
