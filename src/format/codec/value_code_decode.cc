#include "format/codec/value_code.h"

namespace pare {

namespace {

// No value of 32 bits has a token beyond this.
uint32_t most_tokens(TokenShape shape) { return (1U << shape.split) + ((32 - shape.split) << shape.top); }

}  // namespace

Status ValueDecoder::read(BitReader& bits, bool needed) {
  const uint64_t tokens = bits.take_gamma();
  if (tokens == 0) return {Code::corrupt, "bad token count", bits.position() / 8};
  tokens_ = static_cast<uint32_t>(std::min<uint64_t>(tokens - 1, UINT32_MAX));
  if (tokens_ == 0) return needed ? Status(Code::corrupt, "values missing", bits.position() / 8) : Status();
  shape_.split = bits.take(4);
  shape_.top = bits.take(3);
  if (shape_.top > shape_.split) return {Code::corrupt, "bad token shape", bits.position() / 8};
  if (tokens_ > most_tokens(shape_)) return {Code::corrupt, "too many tokens", bits.position() / 8};
  single_ = bits.take(1) == 1;
  if (single_) return bits.overrun() ? Status(Code::truncated, "bits end early") : Status();
  std::vector<uint8_t> lengths;
  PARE_TRY(read_lengths(bits, lengths));
  build(lengths);
  return {};
}

Status ValueDecoder::read_lengths(BitReader& bits, std::vector<uint8_t>& lengths) const {
  lengths.assign(tokens_, 0);
  unsigned last = first_length_guess(tokens_);
  uint32_t kraft = 0;
  for (uint64_t t = 0; t < tokens_; ++t) {
    if (bits.take(1) == 1) {
      if (bits.take(1) == 0) {
        last += bits.take(1) == 0 ? 1U : ~0U;
      } else if (bits.take(1) == 0) {
        const uint64_t absent = bits.take_gamma();
        if (absent == 0 || absent > tokens_ - 1 - t)
          return {Code::corrupt, "bad run of absent tokens", bits.position() / 8};
        t += absent - 1;
        continue;
      } else {
        last = bits.take(4);
      }
    }
    if (last == 0 || last > kMaxCodeLength) return {Code::corrupt, "bad code length", bits.position() / 8};
    lengths[t] = static_cast<uint8_t>(last);
    kraft += 1U << (kMaxCodeLength - last);
    if (kraft > 1U << kMaxCodeLength) return {Code::corrupt, "prefix code is over-full", bits.position() / 8};
  }
  if (bits.overrun()) return {Code::truncated, "bits end early"};
  return kraft == 1U << kMaxCodeLength ? Status()
                                       : Status(Code::corrupt, "prefix code is not complete", bits.position() / 8);
}

void ValueDecoder::build(const std::vector<uint8_t>& lengths) {
  std::array<uint32_t, kMaxCodeLength + 2> count{};
  unsigned longest = 0;
  for (uint8_t l : lengths) {
    ++count[l];
    longest = std::max<unsigned>(longest, l);
  }
  count[0] = 0;
  uint32_t code = 0, index = 0;
  for (unsigned l = 1; l <= kMaxCodeLength; ++l) {
    code = (code + count[l - 1]) << 1;
    first_code_[l] = code;
    first_index_[l] = index;
    index += count[l];
  }
  first_code_[kMaxCodeLength + 1] = 0;
  first_index_[kMaxCodeLength + 1] = index;
  sorted_.assign(index, 0);
  auto next_index = first_index_;
  for (uint32_t t = 0; t < tokens_; ++t)
    if (lengths[t] != 0) sorted_[next_index[lengths[t]]++] = static_cast<uint16_t>(t);

  fast_bits_ = std::min(kFastBits, longest);
  fast_.assign(size_t{1} << fast_bits_, Fast{0, 0});
  for (unsigned l = 1; l <= fast_bits_; ++l) {
    for (uint32_t i = 0; i < count[l]; ++i) {
      const uint32_t from = (first_code_[l] + i) << (fast_bits_ - l);
      std::fill_n(fast_.begin() + from, size_t{1} << (fast_bits_ - l),
                  Fast{sorted_[first_index_[l] + i], static_cast<uint8_t>(l)});
    }
  }
}

uint32_t ValueDecoder::next_token(BitReader& bits) const {
  const Fast f = fast_[bits.peek(fast_bits_)];
  if (f.length != 0) {
    bits.skip(f.length);
    return f.token;
  }
  const uint32_t word = bits.peek(kMaxCodeLength);
  for (unsigned l = fast_bits_ + 1;; ++l) {  // ends: the code is complete
    const uint32_t offset = (word >> (kMaxCodeLength - l)) - first_code_[l];
    if (offset < first_index_[l + 1] - first_index_[l]) {
      bits.skip(l);
      return sorted_[first_index_[l] + offset];
    }
  }
}

}  // namespace pare
