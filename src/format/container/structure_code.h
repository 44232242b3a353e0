// A run of bytes coded bit by bit with the probabilities of a ByteModel (arithmetic coding with 32-bit bounds).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "format/status.h"

namespace pare {

// 1/65536 parts of what lies between two bounds.
constexpr uint32_t split(uint32_t low, uint32_t high, uint32_t probability) {
  return low + static_cast<uint32_t>((uint64_t{high - low} * probability) >> 16);
}

// All of `in` is used and gives `out.size()` bytes; `corrupt` otherwise.
Status decode_structure(std::span<const std::byte> in, std::span<std::byte> out);
void encode_structure(std::span<const std::byte> in, std::vector<std::byte>& out);  // not part of the runtime

}  // namespace pare
