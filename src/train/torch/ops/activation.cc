// Element-wise functions of one tensor, softmax, and the ops that do nothing outside training.
#include <limits>

#include "train/torch/op.h"

namespace pare::engine {

Kernel prepare_relu(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {at::relu(in[0])}; };
}

Kernel prepare_leaky_relu(const Node& node) {
  const float alpha = node.attributes.real("alpha", 0.01f);
  return [=](Inputs in, const Mode&) -> Outputs { return {at::leaky_relu(in[0], alpha)}; };
}

Kernel prepare_sigmoid(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {at::sigmoid(in[0])}; };
}

Kernel prepare_tanh(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {at::tanh(in[0])}; };
}

// Between two numbers. Hardtanh is the same with one kernel for the gradient where clamp takes four.
static at::Tensor between(const at::Tensor& x, const at::Scalar& low, const at::Scalar& high) {
  const bool smooth = x.is_floating_point() && low.toDouble() < high.toDouble();
  return smooth ? at::hardtanh(x, low, high) : at::clamp(x, low, high);
}

Kernel prepare_clip(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs {
    Optional<at::Scalar> low, high;
    if (present(in, 1)) low = in[1].item();
    if (present(in, 2)) high = in[2].item();
    if (low && high) return {between(in[0], *low, *high)};
    return {low || high ? at::clamp(in[0], low, high) : in[0]};
  };
}

Kernel prepare_hard_swish(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {at::hardswish(in[0])}; };
}

Kernel prepare_hard_sigmoid(const Node& node) {
  const float alpha = node.attributes.real("alpha", 0.2f), beta = node.attributes.real("beta", 0.5f);
  return [=](Inputs in, const Mode&) -> Outputs { return {between(in[0] * alpha + beta, 0, 1)}; };
}

Kernel prepare_softmax(const Node& node) {
  const int64_t axis = node.attributes.integer("axis", -1);
  return [=](Inputs in, const Mode&) -> Outputs { return {at::softmax(in[0], axis)}; };
}

Kernel prepare_log_softmax(const Node& node) {
  const int64_t axis = node.attributes.integer("axis", -1);
  return [=](Inputs in, const Mode&) -> Outputs { return {at::log_softmax(in[0], axis)}; };
}

// 1 at the first of the largest elements, 0 elsewhere.
Kernel prepare_hardmax(const Node& node) {
  const int64_t given = node.attributes.integer("axis", -1);
  return [=](Inputs in, const Mode&) -> Outputs {
    const int64_t axis = axis_of(given, in[0].dim());
    if (in[0].numel() == 0) return {in[0]};
    const at::Tensor first = in[0].eq(at::amax(in[0], {axis}, true)).to(at::kByte).argmax(axis, /*keepdim=*/true);
    return {at::zeros_like(in[0]).scatter(axis, first, 1)};
  };
}

Kernel prepare_identity(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {in[0]}; };
}

// 1 for what is kept. Every process draws for the whole batch and takes its rows, so that all processes together drop
// what one alone would.
at::Tensor draw_kept(at::IntArrayRef shape, double ratio, const Mode& mode) {
  std::vector<int64_t> drawn = shape.vec();
  const BatchPart& part = mode.part;
  const int64_t rows = std::max<int64_t>(part.rows, 1);
  const bool by_rows = part.group && !drawn.empty() && drawn[0] == rows;
  if (by_rows) drawn[0] = part.whole;
  at::Tensor kept = at::empty(drawn, at::kFloat);
  kept.bernoulli_(1 - ratio, mode.random);
  return by_rows ? kept.narrow(0, part.first, rows) : kept;
}

// Kept elements are scaled by 1 / (1 - ratio), so that inference needs no correction.
Kernel prepare_dropout(const Node& node) {
  const bool wants_mask = node.outputs.size() > 1;
  return [=](Inputs in, const Mode& mode) -> Outputs {
    const double ratio = present(in, 1) ? in[1].item().toDouble() : 0.5;
    if (!mode.training || !mode.random || ratio == 0) {
      if (!wants_mask) return {in[0]};
      return {in[0], at::ones(in[0].sizes(), at::kBool)};
    }
    const at::Tensor kept = draw_kept(in[0].sizes(), ratio, mode).to(in[0].device());
    return {in[0] * (ratio < 1 ? kept / (1 - ratio) : kept), kept.to(at::kBool)};
  };
}

}  // namespace pare::engine
