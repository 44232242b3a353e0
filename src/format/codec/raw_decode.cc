#include <cstring>

#include "format/codec/raw.h"

namespace pare {

namespace {

Status levels(const TensorInfo& info, std::span<const std::byte> in, std::span<int32_t> out) {
  const size_t size = raw_level_size(info);
  if (in.size() / size < out.size()) return {Code::truncated, "raw levels end early", in.size()};
  if (in.size() != out.size() * size) return {Code::corrupt, "raw levels left over", out.size() * size};
  for (size_t i = 0; i < out.size(); ++i) {
    uint32_t value = 0;
    std::memcpy(&value, in.data() + i * size, size);
    const int64_t level = int64_t{info.low} + value;
    if (level > info.high) return {Code::corrupt, "level out of range", i * size};
    out[i] = static_cast<int32_t>(level);
  }
  return {};
}

Status bytes(const TensorInfo&, std::span<const std::byte> in, std::span<std::byte> out) {
  if (in.size() < out.size()) return {Code::truncated, "raw bytes end early", in.size()};
  if (in.size() > out.size()) return {Code::corrupt, "raw bytes left over", out.size()};
  if (!out.empty()) std::memcpy(out.data(), in.data(), in.size());
  return {};
}

}  // namespace

extern const Decoder decoder_raw;
const Decoder decoder_raw = {.id = 0, .name = "raw", .levels = levels, .bytes = bytes};

}  // namespace pare
