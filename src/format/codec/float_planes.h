// float_planes: floats without loss. Trained weights have signs and low mantissa bits like noise and exponents of two
// to three bits of entropy, so an element is cut: its *head*, the exponent and the top 0 to 3 bits of the mantissa, is
// coded as a symbol (symbol_rans.h); the sign and the bits below are planes of whole bytes, each stored as it is, left
// out where it is constant (bf16 values in f32), or coded. Tensors of at most 256 different elements are a table of
// those and a symbol for each.
//
// Bit string: kind (2 bits), then
//   raw (0): nothing; the elements follow.
//   planes (1): `top` (2 bits), `sparse` (1 bit), base (as many bits as a head has), gamma(escapes + 1), the
//   description
//     of the symbols of heads, then for each plane, the lowest first: mode (2 bits), constant (1): its 8 bits,
//     coded (2): a description.
//   table (2): entries - 1 (8 bits), the description of the symbols.
// Then, from a whole byte on: planes: the heads of escapes (u16 each), the symbols of heads, the planes;
// table: the entries, the symbols (entry numbers).
//
// Symbol 0 is an escape: the head stands in the list. With `sparse`, symbol 1 is the element +0, which the planes leave
// out. The other symbols are heads from `base` on. An element without its head is the sign above the mantissa bits that
// are left; planes are bytes of that, the highest with the 1 to 8 bits that remain, packed when stored as they are.
#pragma once

#include <cstdint>

#include "format/codec/codec.h"

namespace pare {

struct FloatLayout {
  unsigned bytes = 0, exponent = 0, mantissa = 0;  // size of an element; bits
};
inline FloatLayout float_layout(DType type) {
  switch (type) {
    case DType::f32:
      return {4, 8, 23};
    case DType::f16:
      return {2, 5, 10};
    case DType::bf16:
      return {2, 8, 7};
    case DType::f64:
      return {8, 11, 52};
    default:
      return {};
  }
}
inline bool float_planes_supports(const TensorInfo& info) {
  return info.payload == Payload::bytes && is_float(info.dtype);
}

enum class FloatKind : uint8_t { raw = 0, planes = 1, table = 2 };
enum class PlaneMode : uint8_t { stored = 0, constant = 1, coded = 2 };

// How elements of a type are cut, given the number of mantissa bits in the head.
struct FloatCut {
  FloatCut(FloatLayout layout, unsigned top)
      : head_bits(layout.exponent + top), low_bits(layout.mantissa - top), planes(low_bits / 8 + 1) {}
  unsigned head_bits;
  unsigned low_bits;  // of the mantissa, below the head
  unsigned planes;    // of low_bits + 1 bits: the sign is above them
  unsigned bits_of(unsigned plane) const { return plane + 1 < planes ? 8 : low_bits + 1 - 8 * (planes - 1); }
};
inline constexpr unsigned kMostFloatPlanes = 7;

// Packed planes: groups of 8 values of `bits` bits are `bits` bytes, the first value lowest; what a last group lacks
// is zeros, of which only the bytes that hold values are stored.
inline size_t packed_size(size_t count, unsigned bits) { return (count * bits + 7) / 8; }

}  // namespace pare
