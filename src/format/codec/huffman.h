// huffman: every element by a prefix code of its value.
// Levels: one bit `centred`, the description of a value code (value_code.h), the values. A value is level - low, or,
// when centred, zigzag(level - zero) (zero: low where no level means 0). Bytes: for each byte of an element, first byte
// first, a description and that byte of all elements, so that exponents of floats share one code and mantissas another.
#pragma once

#include <algorithm>

#include "format/bytes.h"
#include "format/codec/codec.h"

namespace pare {

inline int64_t huffman_centre(const TensorInfo& info) { return std::clamp(info.zero, info.low, info.high); }
// Centred values must fit 32 bits.
inline bool huffman_can_centre(const TensorInfo& info) { return int64_t{info.high} - info.low < int64_t{1} << 30; }

}  // namespace pare
