#include "format/bits.h"
#include "format/bytes.h"
#include "format/codec/bitpack.h"

namespace pare {

namespace {

// Calls put(i, element) for every element; put says whether it is in range.
template <class Put>
Status unpack(std::span<const std::byte> in, size_t count, Put put) {
  ByteReader header(in);
  const int64_t base = unzigzag(header.varint());
  const auto width = header.number<uint8_t>();
  PARE_TRY(header.status());
  if (width > 64) return {Code::corrupt, "width above 64 bits", header.position() - 1};
  if (width > 0 && count > header.remaining() * 8 / width)
    return {Code::truncated, "packed elements end early", in.size()};
  BitReader bits(header.bytes(header.remaining()));
  for (size_t i = 0; i < count; ++i) {
    uint64_t offset = width > 32 ? uint64_t{bits.take(width - 32U)} << 32 : 0;
    offset |= bits.take(width > 32 ? 32U : width);
    if (!put(i, static_cast<int64_t>(static_cast<uint64_t>(base) + offset)))
      return {Code::corrupt, "packed element out of range", i};
  }
  return bits.finish();
}

Status levels(const TensorInfo& info, std::span<const std::byte> in, std::span<int32_t> out) {
  return unpack(in, out.size(), [&](size_t i, int64_t level) {
    if (level < info.low || level > info.high) return false;
    out[i] = static_cast<int32_t>(level);
    return true;
  });
}

Status bytes(const TensorInfo& info, std::span<const std::byte> in, std::span<std::byte> out) {
  if (!bitpack_supports(info)) return {Code::invalid, "bitpack holds integers only"};
  const size_t size = size_of(info.dtype);
  return unpack(in, out.size() / size, [&](size_t i, int64_t element) {
    std::memcpy(out.data() + i * size, &element, size);
    return bitpack_load(info.dtype, out.data() + i * size) == element;
  });
}

}  // namespace

extern const Decoder decoder_bitpack;
const Decoder decoder_bitpack = {.id = 1, .name = "bitpack", .levels = levels, .bytes = bytes};

}  // namespace pare
