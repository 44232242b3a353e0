#include <cstring>

#include "format/codec/raw.h"

namespace pare {

namespace {

bool supports(const TensorInfo&) { return true; }

uint64_t estimate_bits(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte> bytes) {
  return 8 * (info.payload == Payload::levels ? levels.size() * raw_level_size(info) : bytes.size());
}

void encode(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte> bytes,
            std::vector<std::byte>& out) {
  if (info.payload == Payload::bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
    return;
  }
  const size_t size = raw_level_size(info);
  size_t at = out.size();
  out.resize(at + levels.size() * size);
  for (int32_t level : levels) {
    const auto value = static_cast<uint32_t>(int64_t{level} - info.low);
    std::memcpy(out.data() + at, &value, size);
    at += size;
  }
}

}  // namespace

extern const Encoder encoder_raw;
const Encoder encoder_raw = {
    .id = 0,
    .name = "raw",
    .summary = "elements as they are",
    .supports = supports,
    .estimate_bits = estimate_bits,
    .encode = encode,
};

}  // namespace pare
