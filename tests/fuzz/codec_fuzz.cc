// Any bytes given to a codec's decoder end in elements within their range, or in a Status. The first bytes of the input
// say what the decoder is told about the tensor; the rest is its payload. One target per codec (PARE_FUZZ_CODEC).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "format/bytes.h"
#include "format/codec/codec.h"

namespace {

using namespace pare;

constexpr uint64_t kMostElements = uint64_t{1} << 16;

// Shapes of up to four axes, levels of any width.
TensorInfo read_info(ByteReader& in) {
  TensorInfo info;
  const auto kind = in.number<uint8_t>();
  info.payload = kind & 1 ? Payload::levels : Payload::bytes;
  const size_t rank = kind >> 1 & 7;
  uint64_t count = 1;
  for (size_t i = 0; i < std::min<size_t>(rank, 4); ++i) {
    const uint64_t dim =
        std::min<uint64_t>(in.number<uint8_t>() * (kind & 16 ? 17U : 1U), kMostElements / std::max<uint64_t>(count, 1));
    info.shape.push_back(static_cast<int64_t>(dim));
    count *= dim;
  }
  if (info.payload == Payload::bytes) {
    info.dtype = static_cast<DType>(1 + in.number<uint8_t>() % (kDTypeCount - 1));
    return info;
  }
  info.dtype = DType::i32;
  const unsigned bits = 1 + in.number<uint8_t>() % 32;
  info.low = static_cast<int32_t>(-(int64_t{1} << (bits - 1)));
  info.high = static_cast<int32_t>((int64_t{1} << (bits - 1)) - 1);
  if (kind & 32)
    info = {.payload = info.payload, .dtype = info.dtype, .shape = info.shape, .low = 0, .high = info.high, .zero = 0};
  if (kind & 64) info.zero = static_cast<int32_t>(std::clamp<int64_t>(in.number<int8_t>(), info.low, info.high));
  return info;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Decoder* const decoder = [] {
    const auto all = decoder_list();
    return *std::find_if(all.begin(), all.end(), [](const Decoder* d) { return d->name == PARE_FUZZ_CODEC; });
  }();
  ByteReader in(std::as_bytes(std::span(data, size)));
  const TensorInfo info = read_info(in);
  const std::span<const std::byte> payload = in.bytes(in.remaining());
  const auto count = static_cast<size_t>(*element_count(info.shape));
  if (info.payload == Payload::bytes) {
    if (!decoder->bytes) return 0;
    std::vector<std::byte> out(count * size_of(info.dtype));
    (void)decoder->bytes(info, payload, out);
    return 0;
  }
  if (!decoder->levels) return 0;
  std::vector<int32_t> out(count);
  if (!decoder->levels(info, payload, out).ok()) return 0;
  if (std::any_of(out.begin(), out.end(), [&](int32_t l) { return l < info.low || l > info.high; })) std::abort();
  return 0;
}
