#include <cstring>

#include "format/codec/raw.h"

namespace pare {

namespace {

template <class T>
Status widen(const TensorInfo& info, std::span<const std::byte> in, std::span<int32_t> out) {
  if (in.size() / sizeof(T) < out.size()) return {Code::truncated, "raw levels end early", in.size()};
  if (in.size() != out.size() * sizeof(T)) return {Code::corrupt, "raw levels left over", out.size() * sizeof(T)};
  for (size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, in.data() + i * sizeof(T), sizeof(T));
    const int64_t level = int64_t{info.low} + value;
    if (level > info.high) return {Code::corrupt, "level out of range", i * sizeof(T)};
    out[i] = static_cast<int32_t>(level);
  }
  return {};
}

Status levels(const TensorInfo& info, std::span<const std::byte> in, std::span<int32_t> out) {
  switch (raw_level_size(info)) {
    case 1:
      return widen<uint8_t>(info, in, out);
    case 2:
      return widen<uint16_t>(info, in, out);
    default:
      return widen<uint32_t>(info, in, out);
  }
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
