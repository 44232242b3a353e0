#include "format/tensor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace pare {

Tensor::Tensor(DType type, Shape shape) : type_(type), shape_(std::move(shape)) {
  size_ = element_count(shape_).value_or(0);
  own_ = std::make_shared<std::vector<std::byte>>(static_cast<size_t>(size_) * size_of(type));
  bytes_ = *own_;
}

Result<Tensor> Tensor::create(DType type, Shape shape, uint64_t limit) {
  if (size_of(type) == 0) return Status{Code::invalid, "tensor of unknown element type"};
  const auto count = element_count(shape);
  if (!count) return Status{Code::limit, "tensor too large"};
  if (static_cast<uint64_t>(*count) > limit / size_of(type))
    return Status{Code::limit, "tensor needs more memory than allowed"};
  return Tensor(type, std::move(shape));
}

Tensor Tensor::borrow(DType type, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  Tensor t;
  t.type_ = type;
  t.size_ = element_count(shape).value_or(0);
  t.shape_ = std::move(shape);
  t.bytes_ = bytes;
  t.owner_ = std::move(owner);
  return t;
}

std::span<std::byte> Tensor::edit_bytes() {
  if (!own_ || own_.use_count() > 1) {
    own_ = std::make_shared<std::vector<std::byte>>(bytes_.begin(), bytes_.end());
    bytes_ = *own_;
    owner_.reset();
  }
  return *own_;
}

Tensor Tensor::reshaped(Shape shape) const {
  Tensor t = *this;
  t.shape_ = std::move(shape);
  return t;
}

bool operator==(const Tensor& a, const Tensor& b) {
  return a.type_ == b.type_ && a.shape_ == b.shape_ &&
         std::equal(a.bytes_.begin(), a.bytes_.end(), b.bytes_.begin(), b.bytes_.end());
}

float f16_to_f32(uint16_t bits) {
  const uint32_t sign = uint32_t{bits & 0x8000U} << 16;
  const uint32_t exponent = (bits >> 10) & 0x1FU, mantissa = bits & 0x3FFU;
  if (exponent == 0) {  // zero and subnormals: mantissa * 2^-24 is exact
    const float value = static_cast<float>(mantissa) * 0x1p-24F;
    return std::bit_cast<float>(std::bit_cast<uint32_t>(value) | sign);
  }
  const uint32_t wide = exponent == 31 ? 0xFFU : exponent + 112;
  return std::bit_cast<float>(sign | (wide << 23) | (mantissa << 13));
}

uint16_t f32_to_f16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000U);
  const uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) {  // NaN: what fits of the payload stays, so that f16 -> f32 -> f16 is exact
    const uint32_t payload = (magnitude >> 13) & 0x3FFU;
    return static_cast<uint16_t>(sign | 0x7C00U | (payload != 0 ? payload : 0x200U));
  }
  if (magnitude >= 0x477FF000U) return static_cast<uint16_t>(sign | 0x7C00U);  // 65520 and above round to infinity
  if (magnitude < 0x38800000U) {  // below 2^-14: adding 0.5 leaves the rounded multiple of 2^-24 in the low bits
    const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3F000000U));
  }
  const uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13) & 1U);
  return static_cast<uint16_t>(sign | ((rounded - (112U << 23)) >> 13));
}

float bf16_to_f32(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

uint16_t f32_to_bf16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) {  // NaN stays a NaN, with what fits of its payload
    return static_cast<uint16_t>((bits >> 16) | ((bits & 0x7F0000U) == 0 ? 0x40U : 0U));
  }
  return static_cast<uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

namespace {

struct Half {
  uint16_t bits;
};
struct Brain {
  uint16_t bits;
};
struct Boolean {
  uint8_t byte;
};

// Calls f with a value of the C++ type that stands for `type`.
template <class F>
void with_type(DType type, F&& f) {
  switch (type) {
    case DType::f32:
      return f(float{});
    case DType::f16:
      return f(Half{});
    case DType::bf16:
      return f(Brain{});
    case DType::f64:
      return f(double{});
    case DType::i8:
      return f(int8_t{});
    case DType::u8:
      return f(uint8_t{});
    case DType::i16:
      return f(int16_t{});
    case DType::u16:
      return f(uint16_t{});
    case DType::i32:
      return f(int32_t{});
    case DType::u32:
      return f(uint32_t{});
    case DType::i64:
      return f(int64_t{});
    case DType::u64:
      return f(uint64_t{});
    case DType::boolean:
      return f(Boolean{});
    case DType::none:
      return;
  }
}

// What arithmetic sees of a stored element.
template <class T>
auto widen(T v) {
  if constexpr (std::is_same_v<T, Half>)
    return f16_to_f32(v.bits);
  else if constexpr (std::is_same_v<T, Brain>)
    return bf16_to_f32(v.bits);
  else if constexpr (std::is_same_v<T, Boolean>)
    return static_cast<uint8_t>(v.byte != 0);
  else
    return v;
}

// f64 to f32 rounded to odd, so that rounding once more to a shorter type is still correct.
float to_odd(double v) {
  const auto nearest = static_cast<float>(v);
  if (!std::isfinite(nearest) || static_cast<double>(nearest) == v) {
    if (std::isinf(nearest) && std::isfinite(v)) return std::copysign(std::numeric_limits<float>::max(), nearest);
    return nearest;
  }
  auto bits = std::bit_cast<uint32_t>(nearest);
  if (std::abs(static_cast<double>(nearest)) > std::abs(v)) --bits;
  return std::bit_cast<float>(bits | 1U);
}

template <class S>
float to_float_for_narrowing(S v) {
  if constexpr (std::is_same_v<S, float>)
    return v;
  else
    return to_odd(static_cast<double>(v));
}

template <class To, class S>
To narrow(S v) {
  if constexpr (std::is_same_v<To, Boolean>) {
    return {static_cast<uint8_t>(v != S{0})};
  } else if constexpr (std::is_same_v<To, Half>) {
    return {f32_to_f16(to_float_for_narrowing(v))};
  } else if constexpr (std::is_same_v<To, Brain>) {
    return {f32_to_bf16(to_float_for_narrowing(v))};
  } else if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(v);
  } else if constexpr (std::is_floating_point_v<S>) {
    if (std::isnan(v)) return 0;
    const double rounded = std::nearbyint(static_cast<double>(v));
    // 2^n bounds are exact in double, the largest integer itself may not be.
    if (rounded >= std::ldexp(1.0, std::numeric_limits<To>::digits)) return std::numeric_limits<To>::max();
    if (rounded <= static_cast<double>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    return static_cast<To>(rounded);
  } else {
    if (std::cmp_less(v, std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (std::cmp_greater(v, std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(v);
  }
}

template <class To, class From>
void convert(std::span<const std::byte> in, std::span<std::byte> out, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    From from;  // borrowed bytes need not be aligned
    std::memcpy(&from, in.data() + static_cast<size_t>(i) * sizeof(From), sizeof(From));
    const To to = narrow<To>(widen(from));
    std::memcpy(out.data() + static_cast<size_t>(i) * sizeof(To), &to, sizeof(To));
  }
}

}  // namespace

Tensor cast(const Tensor& t, DType to) {
  if (t.dtype() == to) return t;
  Tensor result(to, t.shape());
  auto out = result.edit_bytes();
  with_type(t.dtype(), [&](auto from) {
    with_type(to, [&](auto target) { convert<decltype(target), decltype(from)>(t.bytes(), out, t.size()); });
  });
  return result;
}

}  // namespace pare
