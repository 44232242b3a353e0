// CRC-32C (Castagnoli), the checksum of .pare sections: finds every error burst of up to 32 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pare {

// crc32c(b, crc32c(a)) is the checksum of a followed by b.
uint32_t crc32c(std::span<const std::byte> bytes, uint32_t before = 0);

}  // namespace pare
