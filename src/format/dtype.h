// Element types. The numbers are written into .pare files: append only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pare {

enum class DType : uint8_t {
  none = 0,  // unknown, or not a tensor
  f32 = 1,
  f16 = 2,
  bf16 = 3,
  f64 = 4,
  i8 = 5,
  u8 = 6,
  i16 = 7,
  u16 = 8,
  i32 = 9,
  u32 = 10,
  i64 = 11,
  u64 = 12,
  boolean = 13,  // one byte, 0 or 1
};
inline constexpr int kDTypeCount = 14;

// Bytes of one element; 0 for none.
constexpr size_t size_of(DType type) {
  constexpr uint8_t sizes[kDTypeCount] = {0, 4, 2, 2, 8, 1, 1, 2, 2, 4, 4, 8, 8, 1};
  return static_cast<uint8_t>(type) < kDTypeCount ? sizes[static_cast<uint8_t>(type)] : 0;
}
constexpr bool is_float(DType t) { return t >= DType::f32 && t <= DType::f64; }
constexpr bool is_integer(DType t) { return t >= DType::i8 && t <= DType::u64; }
constexpr std::string_view name_of(DType type) {
  constexpr std::string_view names[kDTypeCount] = {"none", "f32", "f16", "bf16", "f64", "i8",  "u8",
                                                   "i16",  "u16", "i32", "u32",  "i64", "u64", "bool"};
  return static_cast<uint8_t>(type) < kDTypeCount ? names[static_cast<uint8_t>(type)] : "?";
}

template <class T>
inline constexpr DType dtype_of = DType::none;
template <>
inline constexpr DType dtype_of<float> = DType::f32;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<int8_t> = DType::i8;
template <>
inline constexpr DType dtype_of<uint8_t> = DType::u8;
template <>
inline constexpr DType dtype_of<int16_t> = DType::i16;
template <>
inline constexpr DType dtype_of<uint16_t> = DType::u16;
template <>
inline constexpr DType dtype_of<int32_t> = DType::i32;
template <>
inline constexpr DType dtype_of<uint32_t> = DType::u32;
template <>
inline constexpr DType dtype_of<int64_t> = DType::i64;
template <>
inline constexpr DType dtype_of<uint64_t> = DType::u64;
template <>
inline constexpr DType dtype_of<bool> = DType::boolean;

}  // namespace pare
