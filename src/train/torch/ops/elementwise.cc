// Functions of one element, of two, and of any number of tensors, with numpy's broadcasting.
#include <cmath>
#include <string>

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

Kernel prepare_celu(const Node& node) {
  const float alpha = node.attributes.real("alpha", 1);
  ensure(alpha != 0, "Celu has alpha 0");
  return [=](Inputs in, const Mode&) -> Outputs { return {at::celu(in[0], alpha)}; };
}

Kernel prepare_thresholded_relu(const Node& node) {
  const float alpha = node.attributes.real("alpha", 1);
  return [=](Inputs in, const Mode&) -> Outputs { return {at::threshold(in[0], alpha, 0)}; };
}

// Toward zero by the bias, where |x| is above lambd.
Kernel prepare_shrink(const Node& node) {
  const float bias = node.attributes.real("bias", 0), lambd = node.attributes.real("lambd", 0.5F);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor& x = in[0];
    const at::Tensor below = at::where(x.lt(-lambd), x + bias, at::zeros_like(x));
    return {at::where(x.gt(lambd), x - bias, below).to(x.scalar_type())};
  };
}

Kernel prepare_mish(const Node&) { return unary(at::mish); }
Kernel prepare_gelu(const Node& node) {
  const std::string approximate = node.attributes.text("approximate", "none");
  ensure(approximate == "none" || approximate == "tanh", "Gelu is approximated by '{}'", approximate);
  return [=](Inputs in, const Mode&) -> Outputs { return {at::gelu(in[0], approximate)}; };
}

Kernel prepare_sin(const Node&) { return unary(at::sin); }
Kernel prepare_cos(const Node&) { return unary(at::cos); }
Kernel prepare_tan(const Node&) { return unary(at::tan); }
Kernel prepare_asin(const Node&) { return unary(at::asin); }
Kernel prepare_acos(const Node&) { return unary(at::acos); }
Kernel prepare_atan(const Node&) { return unary(at::atan); }
Kernel prepare_sinh(const Node&) { return unary(at::sinh); }
Kernel prepare_cosh(const Node&) { return unary(at::cosh); }
Kernel prepare_asinh(const Node&) { return unary(at::asinh); }
Kernel prepare_acosh(const Node&) { return unary(at::acosh); }
Kernel prepare_atanh(const Node&) { return unary(at::atanh); }

Kernel prepare_is_nan(const Node&) { return unary(at::isnan); }
Kernel prepare_is_inf(const Node& node) {
  const bool negative = node.attributes.integer("detect_negative", 1) != 0,
             positive = node.attributes.integer("detect_positive", 1) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    if (negative && positive) return {at::isinf(in[0])};
    if (!negative && !positive) return {at::zeros_like(in[0], at::kBool)};
    return {negative ? at::isneginf(in[0]) : at::isposinf(in[0])};
  };
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

// Bits that are shifted out are gone; types that LibTorch lacks are held in wider ones, of which these bits are cut
// off. What is held in 64 bits may be 32 wide: only a shift to the left could tell, and takes it for 64.
Kernel prepare_bit_shift(const Node& node) {
  const std::string direction = node.attributes.text("direction", "");
  ensure(direction == "LEFT" || direction == "RIGHT", "BitShift has direction '{}'", direction);
  const bool left = direction == "LEFT";
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::ScalarType type = in[0].scalar_type();
    const at::Tensor x = in[0].to(at::kLong), by = in[1].to(at::kLong);
    const at::Tensor all_gone = at::logical_or(by.lt(0), by.gt(63)), safe = by.clamp(0, 63);
    at::Tensor y;
    if (left) {
      y = at::bitwise_left_shift(x, safe);
      if (type == at::kByte) y = at::bitwise_and(y, 0xFF);
      if (type == at::kInt) y = at::bitwise_and(y, 0xFFFF);  // a u16
    } else {                                                 // the sign bit is a bit like the others
      const at::Tensor kept = at::bitwise_right_shift(at::full_like(safe, INT64_MAX), (safe - 1).clamp_min(0));
      y = at::where(safe.eq(0), x, at::bitwise_and(at::bitwise_right_shift(x, safe), kept));
    }
    return {y.masked_fill(all_gone, 0).to(type)};
  };
}

Kernel prepare_where(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs {
    return {at::where(in[0].to(in[1].device()), in[1], in[2].to(in[1].device()))};
  };
}

}  // namespace pare::engine
