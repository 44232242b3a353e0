#include "format/container/byte_model.h"
#include "format/container/structure_code.h"

namespace pare {

Status decode_structure(std::span<const std::byte> in, std::span<std::byte> out) {
  ByteModel model(out.size());
  uint32_t low = 0, high = UINT32_MAX, word = 0;
  uint64_t read = 0;  // what is missing at the end is zeros
  auto next = [&] {
    word = word << 8 | (read < in.size() ? static_cast<uint32_t>(in[read]) : 0);
    ++read;
  };
  for (int i = 0; i < 4; ++i) next();
  for (std::byte& byte : out) {
    uint32_t bits = 0;
    for (int i = 0; i < 8; ++i) {
      const uint32_t middle = split(low, high, model.predict());
      const uint32_t bit = word <= middle ? 1 : 0;
      (bit != 0 ? high : low) = bit != 0 ? middle : middle + 1;
      model.update(bit);
      bits = bits << 1 | bit;
      for (; (low ^ high) >> 24 == 0; low <<= 8, high = high << 8 | 255) next();
    }
    byte = static_cast<std::byte>(bits);
    if (read > in.size() + 4) return {Code::truncated, "structure ends early", in.size()};
  }
  return read >= in.size() ? Status() : Status(Code::corrupt, "bytes left over after the structure", read);
}

}  // namespace pare
