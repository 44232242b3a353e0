#include "format/container/byte_model.h"
#include "format/container/structure_code.h"

namespace pare {

void encode_structure(std::span<const std::byte> in, std::vector<std::byte>& out) {
  ByteModel model(in.size());
  uint32_t low = 0, high = UINT32_MAX;
  for (const std::byte byte : in) {
    for (unsigned i = 8; i-- > 0;) {
      const uint32_t bit = static_cast<uint32_t>(byte) >> i & 1U;
      const uint32_t middle = split(low, high, model.predict());
      (bit != 0 ? high : low) = bit != 0 ? middle : middle + 1;
      model.update(bit);
      for (; (low ^ high) >> 24 == 0; low <<= 8, high = high << 8 | 255)
        out.push_back(static_cast<std::byte>(low >> 24));
    }
  }
  // The fewest bytes that lie between the bounds when zeros follow; of them, zeros at the end are left out too.
  const size_t settled = out.size();
  for (uint64_t unit = uint64_t{1} << 32; unit >= 1; unit >>= 8) {
    const uint64_t value = (low + unit - 1) / unit * unit;
    if (value > high) continue;
    for (unsigned shift = 24; uint64_t{1} << shift >= unit; shift -= 8) {
      out.push_back(static_cast<std::byte>(value >> shift));
      if (shift == 0) break;
    }
    break;
  }
  while (out.size() > settled && out.back() == std::byte{0}) out.pop_back();
}

}  // namespace pare
