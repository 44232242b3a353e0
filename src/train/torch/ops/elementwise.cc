// Functions of one element, of two, and of any number of tensors, with numpy's broadcasting.
#include <cmath>

#include "core/error.h"
#include "train/torch/op.h"

namespace pare::engine {
namespace {

Kernel unary(at::Tensor (*function)(const at::Tensor&)) {
  return [=](Inputs in, const Mode&) -> Outputs { return {function(in[0])}; };
}
Kernel binary(at::Tensor (*function)(const at::Tensor&, const at::Tensor&)) {
  return [=](Inputs in, const Mode&) -> Outputs { return {function(in[0], in[1])}; };
}
// f(f(a, b), c) ...
Kernel folded(at::Tensor (*function)(const at::Tensor&, const at::Tensor&)) {
  return [=](Inputs in, const Mode&) -> Outputs {
    at::Tensor y = in[0];
    for (size_t i = 1; i < in.size(); ++i) y = function(y, in[i]);
    return {y};
  };
}
at::Tensor plus(const at::Tensor& a, const at::Tensor& b) { return at::add(a, b); }

}  // namespace

Kernel prepare_elu(const Node& node) {
  const float alpha = node.attributes.real("alpha", 1);
  return [=](Inputs in, const Mode&) -> Outputs { return {at::elu(in[0], alpha)}; };
}

Kernel prepare_selu(const Node& node) {
  const float alpha = node.attributes.real("alpha", 1.67326319217681884765625F),
              gamma = node.attributes.real("gamma", 1.05070102214813232421875F);
  return [=](Inputs in, const Mode&) -> Outputs { return {at::elu(in[0], alpha, gamma)}; };
}

// Above the threshold exp would overflow, and the result is the input to the last bit.
Kernel prepare_softplus(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {at::softplus(in[0], 1, 30)}; };
}

Kernel prepare_softsign(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {in[0] / (1 + in[0].abs())}; };
}

Kernel prepare_prelu(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {at::where(in[0].lt(0), in[0] * in[1], in[0])}; };
}

Kernel prepare_erf(const Node&) {
  return unary([](const at::Tensor& x) { return at::erf(x).to(x.scalar_type()); });
}
Kernel prepare_sqrt(const Node&) { return unary(at::sqrt); }
Kernel prepare_exp(const Node&) { return unary(at::exp); }
Kernel prepare_log(const Node&) { return unary(at::log); }
Kernel prepare_neg(const Node&) { return unary(at::neg); }
Kernel prepare_abs(const Node&) { return unary(at::abs); }
Kernel prepare_reciprocal(const Node&) { return unary(at::reciprocal); }
Kernel prepare_sign(const Node&) { return unary(at::sign); }
Kernel prepare_floor(const Node&) { return unary(at::floor); }
Kernel prepare_ceil(const Node&) { return unary(at::ceil); }
Kernel prepare_round(const Node&) {
  return unary([](const at::Tensor& x) { return at::round(x); });
}  // to even
Kernel prepare_logical_not(const Node&) { return unary(at::logical_not); }

Kernel prepare_equal(const Node&) { return binary(at::eq); }
Kernel prepare_greater(const Node&) { return binary(at::gt); }
Kernel prepare_greater_or_equal(const Node&) { return binary(at::ge); }
Kernel prepare_less(const Node&) { return binary(at::lt); }
Kernel prepare_less_or_equal(const Node&) { return binary(at::le); }
Kernel prepare_logical_and(const Node&) { return binary(at::logical_and); }
Kernel prepare_logical_or(const Node&) { return binary(at::logical_or); }
Kernel prepare_logical_xor(const Node&) { return binary(at::logical_xor); }

Kernel prepare_min(const Node&) { return folded(at::minimum); }
Kernel prepare_max(const Node&) { return folded(at::maximum); }
Kernel prepare_sum(const Node&) { return folded(plus); }
Kernel prepare_mean(const Node&) {
  return [sum = folded(plus)](Inputs in, const Mode& mode) -> Outputs {
    return {sum(in, mode).at(0) / static_cast<int64_t>(in.size())};
  };
}

// Powers of mixed types are computed in floats and have the type of the base.
Kernel prepare_pow(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs {
    const at::ScalarType type = in[0].scalar_type();
    if (in[0].is_floating_point()) return {at::pow(in[0], in[1].to(in[0].device(), at::kFloat))};
    return {at::pow(in[0].to(at::kDouble), in[1].to(at::kDouble)).to(type)};
  };
}

Kernel prepare_mod(const Node& node) {
  const bool c_like = node.attributes.integer("fmod", 0) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    return {c_like ? at::fmod(in[0], in[1]) : at::remainder(in[0], in[1])};
  };
}

Kernel prepare_where(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs {
    return {at::where(in[0].to(in[1].device()), in[1], in[2].to(in[1].device()))};
  };
}

}  // namespace pare::engine
