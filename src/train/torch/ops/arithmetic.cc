// Add, Sub, Mul, Div with numpy's broadcasting, Cast and CastLike.
#include "core/error.h"
#include "train/torch/convert.h"
#include "train/torch/op.h"

namespace pare::engine {

Kernel prepare_add(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {at::add(in[0], in[1])}; };
}

Kernel prepare_sub(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {at::sub(in[0], in[1])}; };
}

Kernel prepare_mul(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {at::mul(in[0], in[1])}; };
}

// Integers divide toward zero.
Kernel prepare_div(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs {
    if (at::isIntegralType(in[0].scalar_type(), /*includeBool=*/false)) return {at::div(in[0], in[1], "trunc")};
    return {at::div(in[0], in[1])};
  };
}

// Floats become integers by dropping the fraction; a cast to a narrower float rounds to it and goes on in f32.
static at::Tensor cast_through(const at::Tensor& x, at::ScalarType type, at::ScalarType through, const Mode& mode) {
  if (at::isFloatingType(type)) return x.to(through).to(type).to(mode.device);
  const bool fraction = x.is_floating_point() && type != at::kBool;
  return (fraction ? x.to(at::kLong) : x).to(type).cpu();  // then wrap, the same on every machine
}

Kernel prepare_cast(const Node& node) {
  enum : int64_t {
    f32 = 1,
    u8 = 2,
    i8 = 3,
    u16 = 4,
    i16 = 5,
    i32 = 6,
    i64 = 7,
    boolean = 9,
    f16 = 10,
    f64 = 11,
    u32 = 12,
    u64 = 13,
    bf16 = 16
  };
  const int64_t to = node.attributes.integer("to", 0);
  const auto into = [](at::ScalarType type, at::ScalarType through) -> Kernel {
    return [=](Inputs in, const Mode& mode) -> Outputs { return {cast_through(in[0], type, through, mode)}; };
  };
  switch (to) {
    case f32:
    case f64:
      return into(at::kFloat, at::kFloat);
    case f16:
      return into(at::kFloat, at::kHalf);
    case bf16:
      return into(at::kFloat, at::kBFloat16);
    case u8:
      return into(at::kByte, at::kByte);
    case i8:
      return into(at::kChar, at::kChar);
    case i16:
      return into(at::kShort, at::kShort);
    case u16:
    case i32:
      return into(at::kInt, at::kInt);
    case u32:
    case i64:
    case u64:
      return into(at::kLong, at::kLong);
    case boolean:
      return into(at::kBool, at::kBool);
    default:
      fail(Code::unsupported, "Cast to ONNX type {}", to);
  }
}

Kernel prepare_cast_like(const Node&) {
  return [](Inputs in, const Mode& mode) -> Outputs {
    const at::ScalarType type = in[1].scalar_type();
    return {cast_through(in[0], type, type, mode)};
  };
}

}  // namespace pare::engine
