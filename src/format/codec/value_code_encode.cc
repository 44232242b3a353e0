#include "format/codec/value_code_encode.h"

#include <algorithm>

namespace pare {

namespace {

constexpr unsigned kMostSplit = 12, kMostTop = 3;  // larger ones never pay for their tables

// Huffman's algorithm with two queues: counts sorted, merged nodes come out in rising order by themselves.
// Ties go to leaves and to lower tokens, so the result is the same everywhere.
std::vector<uint8_t> huffman_lengths(std::vector<uint64_t> counts) {
  std::vector<uint32_t> leaves;
  for (uint32_t t = 0; t < counts.size(); ++t)
    if (counts[t] != 0) leaves.push_back(t);
  for (;;) {
    std::vector<uint8_t> lengths(counts.size(), 0);
    std::stable_sort(leaves.begin(), leaves.end(), [&](uint32_t a, uint32_t b) { return counts[a] < counts[b]; });
    const size_t n = leaves.size();
    std::vector<uint64_t> weight(n);  // leaves, then merged nodes
    for (size_t i = 0; i < n; ++i) weight[i] = counts[leaves[i]];
    std::vector<size_t> parent(2 * n - 1, 0);
    size_t leaf = 0, merged = n;
    auto smallest = [&] {
      return leaf < n && (merged >= weight.size() || weight[leaf] <= weight[merged]) ? leaf++ : merged++;
    };
    while (weight.size() < 2 * n - 1) {
      const size_t a = smallest(), b = smallest();
      parent[a] = parent[b] = weight.size();
      weight.push_back(weight[a] + weight[b]);
    }
    std::vector<unsigned> depth(2 * n - 1, 0);
    for (size_t i = 2 * n - 2; i-- > 0;) depth[i] = depth[parent[i]] + 1;
    if (*std::max_element(depth.begin(), depth.end()) <= kMaxCodeLength) {
      for (size_t i = 0; i < n; ++i) lengths[leaves[i]] = static_cast<uint8_t>(depth[i]);
      return lengths;
    }
    for (uint32_t t : leaves) counts[t] = (counts[t] + 1) / 2;  // flatter counts, shorter longest code
    std::sort(leaves.begin(), leaves.end());
  }
}

// Calls emit(value, bits) for each piece of the description of code lengths.
template <class Emit>
void describe_lengths(const std::vector<uint8_t>& lengths, Emit emit, auto emit_gamma) {
  unsigned last = first_length_guess(static_cast<uint32_t>(lengths.size()));
  for (size_t t = 0; t < lengths.size(); ++t) {
    const unsigned length = lengths[t];
    if (length == 0) {
      size_t run = 1;
      while (lengths[t + run] == 0) ++run;  // ends: the highest token occurs
      emit(0b110, 3);
      emit_gamma(run);
      t += run - 1;
      continue;
    }
    if (length == last)
      emit(0b0, 1);
    else if (length == last + 1)
      emit(0b100, 3);
    else if (length + 1 == last)
      emit(0b101, 3);
    else
      emit(0b1110000U | length, 7);
    last = length;
  }
}

}  // namespace

struct ValueEncoder::Candidate {
  TokenShape shape;
  std::vector<uint8_t> lengths;
  bool single = false;
  uint64_t description_bits = 0, value_bits = 0;
};

ValueEncoder::Candidate ValueEncoder::try_shape(const Histogram& values, TokenShape shape) {
  Candidate c;
  c.shape = shape;
  std::vector<uint64_t> counts(tokenize(shape, values.highest()).token + 1);
  size_t distinct = 0;
  values.for_each([&](uint32_t value, uint64_t times) {
    const Token t = tokenize(shape, value);
    distinct += counts[t.token] == 0;
    counts[t.token] += times;
    c.value_bits += times * t.extra_bits;
  });
  c.single = distinct == 1;
  c.description_bits = gamma_bits(counts.size() + 1) + 8;
  c.lengths = c.single ? std::vector<uint8_t>(counts.size(), 0) : huffman_lengths(counts);
  for (size_t t = 0; t < counts.size(); ++t) c.value_bits += counts[t] * c.lengths[t];
  if (!c.single) {
    describe_lengths(
        c.lengths, [&](uint32_t, unsigned bits) { c.description_bits += bits; },
        [&](uint64_t run) { c.description_bits += gamma_bits(run); });
  }
  return c;
}

ValueEncoder::ValueEncoder(const Histogram& values) {
  if (values.total() == 0) {
    description_bits_ = gamma_bits(1);
    return;
  }
  const auto most = std::min(kMostSplit, static_cast<unsigned>(std::bit_width(values.highest())));
  Candidate best;
  for (unsigned split = 0; split <= most; ++split) {
    const bool direct = values.highest() >> split == 0;  // no value is above the split, `top` says nothing
    for (unsigned top = 0; top <= (direct ? 0 : std::min(split, kMostTop)); ++top) {
      Candidate c = try_shape(values, {split, top});
      if (best.lengths.empty() || c.description_bits + c.value_bits < best.description_bits + best.value_bits)
        best = std::move(c);
    }
  }
  shape_ = best.shape;
  lengths_ = std::move(best.lengths);
  single_ = best.single;
  description_bits_ = best.description_bits;
  value_bits_ = best.value_bits;

  codes_.assign(lengths_.size(), 0);
  uint32_t code = 0;
  for (unsigned l = 1; l <= kMaxCodeLength; ++l, code <<= 1)
    for (size_t t = 0; t < lengths_.size(); ++t)
      if (lengths_[t] == l) codes_[t] = code++;
}

void ValueEncoder::write_description(BitWriter& out) const {
  out.put_gamma(lengths_.size() + 1);
  if (lengths_.empty()) return;
  out.put(shape_.split, 4);
  out.put(shape_.top, 3);
  out.put(single_ ? 1 : 0, 1);
  if (single_) return;
  describe_lengths(
      lengths_, [&](uint32_t value, unsigned bits) { out.put(value, bits); },
      [&](uint64_t run) { out.put_gamma(run); });
}

}  // namespace pare
