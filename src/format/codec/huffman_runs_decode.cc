#include <cstring>

#include "format/codec/huffman_runs.h"
#include "format/codec/value_code.h"

namespace pare {

namespace {

// The part of the payload from `transposed` on. store(index, component, value) says whether the value is in range.
template <class Store>
Status decode_pairs(BitReader& bits, const Shape& shape, uint64_t count, uint64_t pairs, size_t components,
                    Store store) {
  const RunOrder order(shape, bits.take(1) == 1, count);
  const unsigned contexts = bits.take(2) + 1;
  std::array<unsigned, kMostRunContexts> thresholds{};
  for (unsigned c = 1; c < contexts; ++c) {
    thresholds[c] = bits.take(5);
    if (thresholds[c] <= thresholds[c - 1]) return {Code::corrupt, "thresholds must rise", bits.position() / 8};
  }
  std::array<uint8_t, kRunBuckets + 1> context_of{};
  for (unsigned c = 1; c < contexts; ++c)
    for (unsigned b = thresholds[c]; b <= kRunBuckets; ++b) context_of[b] = static_cast<uint8_t>(c);
  std::array<ValueDecoder, kMostRunContexts> runs;
  std::array<ValueDecoder, 8> elements;
  for (unsigned c = 0; c < contexts; ++c) PARE_TRY(runs[c].read(bits, true));
  for (size_t k = 0; k < components; ++k) PARE_TRY(elements[k].read(bits, true));

  RunAverage average;
  uint64_t position = 0;
  for (uint64_t pair = 0; pair < pairs; ++pair, ++position) {
    const uint32_t run = runs[context_of[average.bucket()]].next(bits);
    average.add(run);
    position += run;
    if (position >= count) return {Code::corrupt, "run leaves the tensor", bits.position() / 8};
    const uint64_t index = order.index(position);
    for (size_t k = 0; k < components; ++k)
      if (!store(index, k, elements[k].next(bits))) return {Code::corrupt, "element out of range", bits.position() / 8};
    if (bits.overrun()) return {Code::truncated, "pairs end early"};
  }
  return bits.finish();
}

Status read_pair_count(BitReader& bits, uint64_t count, uint64_t& pairs) {
  if (count > kMostRunElements) return {Code::limit, "tensor too large for huffman_runs"};
  pairs = bits.take_gamma() - 1;
  if (bits.overrun()) return {Code::truncated, "bits end early"};
  return pairs <= count ? Status() : Status(Code::corrupt, "more pairs than elements");
}

Status levels(const TensorInfo& info, std::span<const std::byte> in, std::span<int32_t> out) {
  BitReader bits(in);
  uint64_t pairs = 0;
  PARE_TRY(read_pair_count(bits, out.size(), pairs));
  const uint64_t background = bits.take_gamma() - 1;
  if (background > static_cast<uint64_t>(int64_t{info.high} - info.low))
    return {Code::corrupt, "background out of range"};
  std::fill(out.begin(), out.end(), static_cast<int32_t>(info.low + static_cast<int64_t>(background)));
  if (pairs == 0) return bits.finish();
  return decode_pairs(bits, info.shape, out.size(), pairs, 1, [&](uint64_t index, size_t, uint32_t value) {
    const int64_t level = int64_t{info.low} + value;
    out[index] = static_cast<int32_t>(level);
    return level <= info.high;
  });
}

Status bytes(const TensorInfo& info, std::span<const std::byte> in, std::span<std::byte> out) {
  const size_t size = size_of(info.dtype);
  BitReader bits(in);
  uint64_t pairs = 0;
  PARE_TRY(read_pair_count(bits, out.size() / size, pairs));
  std::fill(out.begin(), out.end(), std::byte{0});
  if (pairs == 0) return bits.finish();
  return decode_pairs(bits, info.shape, out.size() / size, pairs, size, [&](uint64_t index, size_t k, uint32_t value) {
    out[index * size + k] = static_cast<std::byte>(value);
    return value <= 255;
  });
}

}  // namespace

extern const Decoder decoder_huffman_runs;
const Decoder decoder_huffman_runs = {.id = 3, .name = "huffman_runs", .levels = levels, .bytes = bytes};

}  // namespace pare
