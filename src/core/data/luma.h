// Grey from colour.
#pragma once

#include <cstdint>

namespace pare {

// ITU-R BT.601, as JPEG and most libraries have it.
inline uint8_t luma(unsigned red, unsigned green, unsigned blue) {
  return static_cast<uint8_t>((299 * red + 587 * green + 114 * blue + 500) / 1000);
}

}  // namespace pare
