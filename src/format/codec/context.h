// context: adaptive binary range coding of levels. docs/formats.md, section 5.8, describes the bytes; both sides share
// this model. Decoding takes, besides the output, 2 bytes per element and 8 bytes per column for what predictions look
// at, and at most 2 MB of tables.
//
// A level is found by binary decisions along a search tree. In mode `mix` each is predicted by a logistic
// distribution whose mean and scale come from elements already known, and by counters that different contexts select,
// mixed in the logistic domain; in mode `select` by one counter that the predicted mean and scale select, which is
// faster and costs little where levels are many; in mode `direct` by one counter, which is faster still and loses
// nothing where elements are independent.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "format/codec/binary_range_coder.h"
#include "format/codec/codec.h"
#include "format/codec/logistic.h"

namespace pare {

enum class ContextMode : uint8_t { zero = 0, direct = 1, mix = 2, select = 3 };

// One neighbour that predicts: the element `distance` before this one, times coefficient / 64.
struct Tap {
  uint32_t distance = 1;
  int32_t coefficient = 0;
};
inline constexpr unsigned kMostTaps = 12, kMostDistance = 65535;
inline constexpr int32_t kMostCoefficient = 127;
struct TapList {
  std::array<Tap, kMostTaps> taps{};
  unsigned count = 0;
  const Tap* begin() const { return taps.data(); }
  const Tap* end() const { return taps.data() + count; }
  void add(Tap tap) { taps[count++] = tap; }
};

// Means of magnitudes that the scale is predicted from, besides single neighbours: the whole tensor's (fixed), the
// latest elements of the row, the row so far, the column, the input channel, and row times column over the whole's.
inline constexpr unsigned kMeans = 6;
using Means = std::array<int32_t, kMeans>;
inline constexpr unsigned kRowMean = 2, kColumnMean = 3;

// What the encoder decides about a tensor. Values are levels less the level of zero.
struct ContextParameters {
  ContextMode mode = ContextMode::zero;
  int64_t lowest = 0, highest = 0;      // values that occur
  uint64_t least = 1;                   // magnitude that occurs, of those that are not 0
  bool zero_first = false;              // the first decision is whether the value is 0
  uint32_t mean = 0, nonzero_mean = 0;  // log_scale() of mean magnitudes: of all, of the non-zero elements
  int unit = 0;                         // coefficients are multiples of 2^unit / 64
  TapList value_taps, magnitude_taps;
  Means mean_coefficients{};  // in units of 1/64
};

// The tensor as a matrix: first axis by the rest; `taps` consecutive elements of a row belong to one input channel.
struct ContextGeometry {
  uint64_t rows = 1, columns = 1, taps = 1, count = 1;
  uint64_t most_distance = 1;  // of neighbours
  explicit ContextGeometry(const Shape& shape, uint64_t elements) : count(elements) {
    if (elements == 0) return;
    rows = shape.size() > 1 ? static_cast<uint64_t>(shape[0]) : 1;
    columns = elements / rows;
    for (size_t axis = 2; axis < shape.size(); ++axis) taps *= static_cast<uint64_t>(shape[axis]);
    most_distance = std::min<uint64_t>({count, kMostDistance, 8 * columns + 64});
  }
};

// A number from 0 on in the exponential Golomb code of `order`: x + 2^order, n bits long, is n - 1 - order ones and a
// zero, then its bits below the highest.
inline constexpr unsigned kMostOnes = 34;
template <class Coder>
uint64_t code_number(Coder& coder, unsigned order, uint64_t x) {
  x += uint64_t{1} << order;
  const auto wanted = static_cast<unsigned>(std::bit_width(x)) - 1 - order;
  unsigned ones = 0;
  while (ones < kMostOnes && coder.raw(1, ones < wanted ? 1 : 0) != 0) ++ones;
  const unsigned bits = ones + order;
  const uint64_t top = uint64_t{1} << bits;
  return (top | coder.raw(bits, x & (top - 1))) - (uint64_t{1} << order);
}
// Signed numbers in the order 0, -1, 1, -2, 2...
template <class Coder>
int64_t code_signed(Coder& coder, unsigned order, int64_t x) {
  const uint64_t folded = code_number(coder, order, static_cast<uint64_t>(x) << 1 ^ static_cast<uint64_t>(x >> 63));
  return static_cast<int64_t>(folded >> 1) ^ -static_cast<int64_t>(folded & 1);
}
// `n` bits of which the highest is known to be 1.
template <class Coder>
int64_t code_below_highest(Coder& coder, int64_t n, int64_t value) {
  if (n < 2) return n;
  const uint64_t top = uint64_t{1} << (n - 1);
  return static_cast<int64_t>(top | coder.raw(static_cast<unsigned>(n - 1), static_cast<uint64_t>(value) & (top - 1)));
}
inline int64_t bit_count(int64_t x) { return std::bit_width(static_cast<uint64_t>(x)); }

inline constexpr unsigned kOffsetOrder = 2, kTapOrder = 2, kMeanOrder = 1;
template <class Coder>
int32_t code_coefficient(Coder& coder, unsigned order, int unit, int32_t coefficient) {
  const int64_t units = code_signed(coder, order, coefficient / (1 << unit));
  return static_cast<int32_t>(std::clamp<int64_t>(units * (1 << unit), -2 * kMostCoefficient, 2 * kMostCoefficient));
}
// Distances as rows up and elements back from there.
template <class Coder>
void code_distance(Coder& coder, const ContextGeometry& geometry, uint32_t& distance) {
  const auto columns = static_cast<int64_t>(geometry.columns), d = int64_t{distance};
  const int64_t rows = (d + columns / 2) / columns;
  const auto r = static_cast<int64_t>(code_number(coder, 0, static_cast<uint64_t>(rows)));
  int64_t back = d - rows * columns;
  back = r > 0 ? code_signed(coder, kOffsetOrder, back)
               : 1 + static_cast<int64_t>(code_number(coder, kOffsetOrder, static_cast<uint64_t>(back - 1)));
  const auto most = static_cast<int64_t>(geometry.most_distance);
  const bool sound = r <= most && back <= most && r * columns + back > 0 && r * columns + back <= most;
  distance = sound ? static_cast<uint32_t>(r * columns + back) : 0;
}
template <class Coder>
void code_taps(Coder& coder, const ContextGeometry& geometry, int unit, TapList& list) {
  list.count = static_cast<unsigned>(code_number(coder, 1, list.count));
  for (unsigned i = 0; i < std::min(list.count, kMostTaps); ++i) {
    Tap& tap = list.taps[i];
    code_distance(coder, geometry, tap.distance);
    tap.coefficient = code_coefficient(coder, kTapOrder, unit, tap.coefficient);
  }
}

// 16 log2((x + 16) / 16), piecewise linear: 16 steps per doubling.
inline int log_scale(uint64_t x) {
  const uint64_t y = x + 16;
  const int top = static_cast<int>(std::bit_width(y)) - 1;
  return 16 * (top - 4) + static_cast<int>((y >> (top - 4)) & 15);
}
// The middle of the numbers that log_scale() maps to `log`.
inline int64_t from_log_scale(uint32_t log) {
  return (int64_t{16 + (log & 15)} << (log >> 4)) + ((int64_t{1} << (log >> 4)) >> 1) - 16;
}
inline constexpr uint32_t kMostMean = 303;  // log_scale() of the largest magnitude that contexts see, 2047, in 2^-12

inline constexpr int64_t kMostBits = 34;  // of magnitudes, which shall have fewer
inline constexpr Means kDefaultMeans = {4, 14, 12, 8, 8, 18};

// Reads or writes the parameters; a decoder checks them afterwards.
template <class Coder>
void code_parameters(Coder& coder, const ContextGeometry& geometry, ContextParameters& p) {
  p.mode = static_cast<ContextMode>(coder.raw(2, static_cast<uint64_t>(p.mode)));
  if (p.mode == ContextMode::zero) return;
  const auto n = static_cast<int64_t>(coder.raw(6, static_cast<uint64_t>(bit_count(-p.lowest))));
  p.lowest = -code_below_highest(coder, std::min(n, kMostBits), -p.lowest);
  const int64_t more = code_signed(coder, 0, bit_count(p.highest) - n);
  p.highest = code_below_highest(coder, std::clamp<int64_t>(n + more, 0, kMostBits), p.highest);
  p.least = 1 + code_number(coder, 0, p.least - 1);
  p.zero_first = coder.raw(1, p.zero_first ? 1 : 0) != 0;
  p.mean = static_cast<uint32_t>(coder.raw(9, p.mean));
  if (p.zero_first)
    p.nonzero_mean = p.mean + static_cast<uint32_t>(
                                  std::min<uint64_t>(code_number(coder, 4, p.nonzero_mean - p.mean), kMostMean + 1));
  if (p.mode == ContextMode::direct) return;
  p.unit = static_cast<int>(coder.raw(2, static_cast<uint64_t>(p.unit)));
  code_taps(coder, geometry, p.unit, p.value_taps);
  const bool usual = p.mean_coefficients == kDefaultMeans && p.magnitude_taps.count == 0;
  if (coder.raw(1, usual ? 0 : 1) == 0) {
    p.mean_coefficients = kDefaultMeans;
    return;
  }
  code_taps(coder, geometry, p.unit, p.magnitude_taps);
  for (unsigned i = 0; i < kMeans; ++i)
    p.mean_coefficients[i] =
        kDefaultMeans[i] + code_coefficient(coder, kMeanOrder, p.unit, p.mean_coefficients[i] - kDefaultMeans[i]);
}

// Values are found as symbols: magnitudes below 256 are symbols of their own, larger ones share one symbol with those
// that agree in the number of bits and the highest four, and the other bits are written plainly.
inline uint32_t magnitude_symbol(uint64_t magnitude) {
  if (magnitude < 256) return static_cast<uint32_t>(magnitude);
  const auto n = static_cast<uint32_t>(std::bit_width(magnitude)) - 1;
  return 256 + (n - 8) * 8 + static_cast<uint32_t>((magnitude >> (n - 3)) & 7);
}
inline unsigned plain_bits(uint32_t symbol) { return symbol < 256 ? 0 : (symbol - 256) / 8 + 5; }
inline uint64_t symbol_magnitude(uint32_t symbol) {  // the smallest of the symbol
  return symbol < 256 ? symbol : uint64_t{8 + (symbol & 7)} << plain_bits(symbol);
}

// Scale of a logistic distribution with mean magnitude `mean` (in 2^-12): 256 x / b, for x in units of 1/64, is
// (x * inverse_scale) >> 16.
inline int64_t inverse_scale(int64_t mean) {  // 32 bits suffice, and divide faster
  return (uint32_t{22713} << 16) / static_cast<uint32_t>(std::clamp<int64_t>(mean, 16, INT32_MAX));
}
inline int scaled(int64_t x, int64_t inverse) {
  constexpr int64_t most = 2 * kMostStretch;
  return static_cast<int>(std::clamp((x * inverse) >> 16, -most, most));
}

// Stretched probabilities that a logistic distribution gives, for edges as scaled() gives them: that a value is not
// between the edges of 0, that one of those is positive, and that one between low and high is above the middle.
inline int stretched_not_zero(int low, int high) {
  const int log_zero = softplus(low) + softplus(high) - high + log_gap(std::max(high - low, 1));
  return -stretch_power(std::max(log_zero, 20));
}
inline int stretched_positive(int low, int high) { return softplus(low) - low - softplus(high); }
inline int stretched_right(int low, int low_plus, int middle, int high, int high_plus) {
  const int up = std::max(high - middle, 1), down = std::max(middle - low, 1);
  return up - log_gap(up) + log_gap(down) + low_plus - high_plus;
}
inline int stretched_right(int low, int middle, int high) {
  return stretched_right(low, softplus(low), middle, high, softplus(high));
}

// The search tree: node m asks whether the symbol's index is m or more. Balanced for a logistic distribution, so that
// likely values take few decisions.
class SearchTree {
 public:
  // Links to nodes: a leaf's symbol, or a node's number, with a flag where the node is fine: it parts values so near to
  // each other that their distribution hardly depends on contexts.
  static constexpr uint16_t kLeaf = 0x8000, kFine = 0x4000, kIndex = 0x3FFF;
  struct Node {
    int32_t edge;  // between the values of both sides, in units of 1/64
    std::array<uint16_t, 2> child;
    uint16_t slot;         // number among the nodes that are not fine
    uint16_t probability;  // of the right side
    int16_t stretched;     // that probability
    uint16_t from, to;     // the symbols that it parts: from <= i < to
  };
  explicit SearchTree(const ContextParameters& p)
      : fine_width_(p.mode == ContextMode::select ? kSelectFineWidth : kMixFineWidth) {
    const auto below = magnitude_symbol(static_cast<uint64_t>(-p.lowest));
    const auto above = magnitude_symbol(static_cast<uint64_t>(p.highest));
    const auto least = magnitude_symbol(p.least);
    const uint64_t largest = std::max(static_cast<uint64_t>(-p.lowest), static_cast<uint64_t>(p.highest));
    const auto bits = static_cast<unsigned>(std::bit_width(largest));
    shift_ = bits > 11 ? bits - 11 : 0;
    least_ = least;
    for (uint32_t s = below; s >= least && s > 0; --s) symbols_.push_back(-static_cast<int32_t>(s));
    zero_ = static_cast<uint32_t>(symbols_.size());
    symbols_.push_back(0);
    for (uint32_t s = least; s <= above; ++s) symbols_.push_back(static_cast<int32_t>(s));
    nodes_.resize(symbols_.size() + 1);
    for (uint32_t i = 0; i < symbols_.size(); ++i) nodes_[i].edge = edge_below(i);
    const auto all = static_cast<uint32_t>(symbols_.size());
    const int64_t mean = from_log_scale(p.mean);
    if (!p.zero_first) {
      root_ = build(0, all, 0, mean);
      return;
    }
    const int32_t start = edge_of(least), inner_edge = -start;
    const int64_t inner = from_log_scale(p.nonzero_mean) - (int64_t{start} << 6);
    if (zero_ > 0) negative_ = build(0, zero_, inner_edge, inner);
    if (zero_ + 1 < all) positive_ = build(zero_ + 1, all, start, inner);
  }
  uint32_t size() const { return static_cast<uint32_t>(symbols_.size()); }
  uint32_t slots() const { return slots_; }
  unsigned shift() const { return shift_; }
  const Node& node(uint32_t m) const { return nodes_[m]; }
  uint16_t root() const { return root_; }
  uint32_t zero() const { return zero_; }
  uint16_t negative() const { return negative_; }
  uint16_t positive() const { return positive_; }
  uint32_t index_of(int64_t value) const {
    if (value == 0) return zero_;
    const uint32_t s = magnitude_symbol(static_cast<uint64_t>(value < 0 ? -value : value));
    return value < 0 ? zero_ - 1 - (s - least_) : zero_ + 1 + (s - least_);
  }
  // The value with a symbol of its own that is nearest.
  int64_t nearest(int64_t value) const {
    const int64_t lowest = -most(symbols_.front()), highest = most(symbols_.back());
    const int64_t bounded = std::clamp(value, lowest, highest);
    const auto least = static_cast<int64_t>(symbol_magnitude(least_));
    const int64_t size = bounded < 0 ? -bounded : bounded;
    if (size >= least || size == 0) return bounded;
    const bool there = bounded < 0 ? lowest < 0 : highest > 0;
    return 2 * size < least || !there ? 0 : bounded < 0 ? -least : least;
  }
  int32_t symbol(uint32_t index) const { return symbols_[index]; }

 private:
  static int64_t most(int32_t symbol) {  // the largest magnitude that shares the symbol
    const auto size = static_cast<uint32_t>(symbol < 0 ? -symbol : symbol);
    return static_cast<int64_t>(symbol_magnitude(size) + (uint64_t{1} << plain_bits(size)) - 1);
  }
  // Half way between index - 1 and index.
  int32_t edge_below(uint32_t index) const {
    const int32_t s = symbols_[index];
    int64_t value = s < 0 ? -most(s) : static_cast<int64_t>(symbol_magnitude(static_cast<uint32_t>(s)));
    if (s == 0) value = 1 - static_cast<int64_t>(symbol_magnitude(least_));  // just above the negative next to it
    return static_cast<int32_t>(((2 * value - 1) * 32) >> shift_);
  }
  int32_t edge_of(uint32_t positive) const {  // below the symbol of a positive value
    return static_cast<int32_t>(((2 * static_cast<int64_t>(symbol_magnitude(positive)) - 1) * 32) >> shift_);
  }
  static constexpr int64_t kMixFineWidth = 48, kSelectFineWidth = 128;  // in 1/256 of the scale
  uint16_t build(uint32_t from, uint32_t to, int64_t centre, int64_t mean) {
    struct Part {
      uint32_t from, to;
      uint16_t* link;
    };
    std::vector<uint64_t> mass(symbols_.size() + 1);
    const int64_t inverse = inverse_scale(mean);
    for (uint32_t i = from + 1; i <= to; ++i)
      mass[i] = i + (i == symbols_.size() ? 65536 : squash(scaled(nodes_[i].edge - centre, inverse)));
    if (from > 0) mass[from] = from + squash(scaled(nodes_[from].edge - centre, inverse));
    uint16_t root = 0;
    std::vector<Part> parts = {{from, to, &root}};
    while (!parts.empty()) {
      const Part part = parts.back();
      parts.pop_back();
      if (part.to - part.from == 1) {
        *part.link = static_cast<uint16_t>(kLeaf | part.from);
        continue;
      }
      const uint64_t half = mass[part.from] + (mass[part.to] - mass[part.from]) / 2;
      uint32_t m = part.from + 1;
      while (m + 1 < part.to && mass[m] + mass[m + 1] <= 2 * half) ++m;
      const int64_t width = nodes_[part.to - 1].edge - nodes_[part.from].edge + 64;
      const bool fine = width * inverse < fine_width_ << 16;
      *part.link = static_cast<uint16_t>(m | (fine ? kFine : 0U));
      nodes_[m].slot = static_cast<uint16_t>(fine ? 0 : slots_++);
      nodes_[m].from = static_cast<uint16_t>(part.from), nodes_[m].to = static_cast<uint16_t>(part.to);
      const uint64_t right = mass[part.to] - mass[m], total = mass[part.to] - mass[part.from];
      nodes_[m].probability = static_cast<uint16_t>((right << 16) / total);
      nodes_[m].stretched = stretch(nodes_[m].probability);
      parts.push_back({part.from, m, &nodes_[m].child[0]});
      parts.push_back({m, part.to, &nodes_[m].child[1]});
    }
    return root;
  }

  int64_t fine_width_;
  std::vector<int32_t> symbols_;  // signed, rising
  std::vector<Node> nodes_;
  uint32_t zero_ = 0, least_ = 1;
  uint32_t slots_ = 2;  // 0 and 1 are of the decisions zero and sign
  unsigned shift_ = 0;
  uint16_t root_ = kLeaf, negative_ = kLeaf, positive_ = kLeaf;
};

// The plain bits of the symbol at `index`, and the value.
template <class Coder>
[[gnu::always_inline]] inline int64_t code_plain_bits(Coder& coder, const SearchTree& tree, uint32_t index,
                                                      int64_t value) {
  const int32_t symbol = tree.symbol(index);
  const auto size = static_cast<uint32_t>(symbol < 0 ? -symbol : symbol);
  uint64_t magnitude = symbol_magnitude(size);
  if (const unsigned bits = plain_bits(size); bits > 0) [[unlikely]]
    magnitude += coder.raw(bits, static_cast<uint64_t>(value < 0 ? -value : value) - magnitude);
  return symbol < 0 ? -static_cast<int64_t>(magnitude) : static_cast<int64_t>(magnitude);
}

// One counter per node.
inline std::vector<PlainCounter> plain_counters(const SearchTree& tree) {
  std::vector<PlainCounter> counters(tree.size());
  for (uint32_t m = 1; m < tree.size(); ++m) counters[m].state = uint32_t{tree.node(m).probability} << 16 | kPriorCount;
  return counters;
}
template <bool kLearn, class Coder>
[[gnu::always_inline]] inline bool code_plain_decision(Coder& coder, PlainCounter& counter, bool wanted) {
  const bool bit = coder.code(counter.probability(), wanted);
  if (kLearn) counter.update(bit);
  return bit;
}

// Mode `direct`: one counter per node; those of the first decision are selected by whether the element before and the
// one above are zero.
class DirectModel {
 public:
  DirectModel(const ContextGeometry& geometry, const ContextParameters& p)
      : tree_(p),
        zero_first_(p.zero_first),
        columns_(geometry.columns),
        above_(geometry.columns),
        counters_(plain_counters(tree_)) {}
  void prepare() {}
  template <bool kLearn, class Coder>
  [[gnu::always_inline]] int64_t code(Coder& coder, int64_t value) {
    const uint32_t wanted = tree_.index_of(value);
    uint16_t at = tree_.root();
    if (zero_first_) {
      if (!code_plain_decision<kLearn>(coder, zero_counters_[before_ + 2 * above_[column_]], wanted != tree_.zero()))
        return 0;
      const bool positive = code_plain_decision<kLearn>(coder, sign_counter_, wanted > tree_.zero());
      at = positive ? tree_.positive() : tree_.negative();
    }
    while ((at & SearchTree::kLeaf) == 0) {
      const uint32_t m = at & SearchTree::kIndex;
      const bool bit = code_plain_decision<kLearn>(coder, counters_[m], wanted >= m);
      at = tree_.node(m).child[bit ? 1 : 0];
    }
    return code_plain_bits(coder, tree_, at & SearchTree::kIndex, value);
  }
  void commit(int64_t value) {
    before_ = above_[column_] = value != 0 ? 1 : 0;
    if (++column_ == columns_) column_ = 0;
  }

 private:
  SearchTree tree_;
  bool zero_first_;
  uint64_t columns_, column_ = 0;
  size_t before_ = 0;
  std::vector<uint8_t> above_;  // whether the latest element of each column is not zero
  std::array<PlainCounter, 4> zero_counters_;
  PlainCounter sign_counter_;
  std::vector<PlainCounter> counters_;
};

// Running means of magnitudes, in units of 2^-12.
class RunningMeans {
 public:
  RunningMeans(const ContextGeometry& geometry, int64_t mean)
      : columns_(geometry.columns),
        taps_(geometry.taps),
        mean_(static_cast<int32_t>(mean)),
        by_column_(geometry.columns, mean_),
        by_channel_(geometry.columns / geometry.taps, mean_) {}
  Means current() const {
    const int64_t column = by_column_[column_];
    const auto product = static_cast<int32_t>(std::min<int64_t>((((row_ * inverse_) >> 24) * column) >> 16, INT32_MAX));
    return {mean_, recent_, row_, by_column_[column_], by_channel_[channel_], product};
  }
  void add(int32_t magnitude) {
    const int32_t m = magnitude << 12;
    move(recent_, m, 5461);
    move(row_, m, kCounterRates[std::min<uint64_t>(column_ + 8, kMostCount)]);
    move(by_column_[column_], m, kCounterRates[std::min<uint64_t>(row_number_ + 1, 126)]);
    move(by_channel_[channel_], m, 512);
    ++column_;
    if (++tap_ == taps_) {
      tap_ = 0;
      ++channel_;
    }
    if (column_ == columns_) {
      column_ = tap_ = channel_ = 0;
      ++row_number_;
      row_ = mean_;
    }
  }

 private:
  static void move(int32_t& mean, int32_t to, int64_t rate) {
    mean += static_cast<int32_t>(((int64_t{to} - mean) * rate + 32768) >> 16);
  }
  uint64_t columns_, taps_;
  int32_t mean_;
  int64_t inverse_ = (int64_t{1} << 40) / std::max(mean_, 16);
  std::vector<int32_t> by_column_, by_channel_;
  int32_t recent_ = mean_, row_ = mean_;
  uint64_t column_ = 0, tap_ = 0, channel_ = 0, row_number_ = 0;
};

// What predicts the next element: its neighbours and the means, with the coefficients of the parameters.
class Surroundings {
 public:
  Surroundings(const ContextGeometry& geometry, const ContextParameters& p)
      : value_taps_(p.value_taps),
        magnitude_taps_(p.magnitude_taps),
        coefficients_(p.mean_coefficients),
        margin_(geometry.most_distance),
        means_(geometry, from_log_scale(p.mean)),
        recent_(margin_ + geometry.count) {}
  Means means() const { return means_.current(); }
  // The value, in units of 1/64.
  int64_t expected() const {
    const int16_t* at = recent_.data() + margin_ + position_;
    int64_t value = 0;
    for (const Tap& tap : value_taps_) value += tap.coefficient * at[-static_cast<ptrdiff_t>(tap.distance)];
    return value;
  }
  // The mean magnitude, in units of 2^-12.
  int64_t scale(const Means& means) const {
    const int16_t* at = recent_.data() + margin_ + position_;
    int64_t scale = 0;
    for (const Tap& tap : magnitude_taps_) {
      const int v = at[-static_cast<ptrdiff_t>(tap.distance)];
      scale += tap.coefficient * (v < 0 ? -v : v);
    }
    scale <<= 12;
    for (unsigned i = 0; i < kMeans; ++i) scale += int64_t{coefficients_[i]} * means[i];
    return std::max<int64_t>(scale >> 6, means[0] >> 5);
  }
  // Moves on to the next element; magnitudes are shifted right by `shift`.
  void add(int64_t value, unsigned shift) {
    const auto m = static_cast<int32_t>((value < 0 ? -value : value) >> shift);
    recent_[margin_ + position_++] = static_cast<int16_t>(value < 0 ? -m : m);
    means_.add(m);
  }

 private:
  TapList value_taps_, magnitude_taps_;
  Means coefficients_;
  uint64_t margin_;
  RunningMeans means_;
  std::vector<int16_t> recent_;  // values, zeros before the first
  uint64_t position_ = 0;
};

// Where x lies among `most` buckets of width `step`, with the middle at 0.
inline uint32_t bucket(int x, int step, int most) {
  return static_cast<uint32_t>(std::clamp((x + step * most / 2) / step, 0, most - 1));
}

// Mode `select`: one counter per node and context, where nodes are not fine, and one per fine node. Contexts are the
// expected value in units of the scale and the scale; a counter starts from what the logistic distribution says when it
// is used first.
class SelectModel {
 public:
  SelectModel(const ContextGeometry& geometry, const ContextParameters& p)
      : tree_(p),
        zero_first_(p.zero_first),
        mean_(static_cast<int>(p.mean)),
        surroundings_(geometry, p),
        slots_(tree_.slots()),
        steps_(tree_.size()),
        counters_(size_t{kScaleRows * kValueRows} * slots_, PlainCounter{kUnused}) {
    const std::vector<PlainCounter> fine = plain_counters(tree_);
    const auto all = static_cast<uint32_t>(counters_.size());
    counters_.insert(counters_.end(), fine.begin(), fine.end());
    for (uint32_t m = 1; m < tree_.size(); ++m) {
      const SearchTree::Node& node = tree_.node(m);
      const bool is_fine = node.slot == 0;
      steps_[m] = {node.child, is_fine ? all + m : node.slot, is_fine ? 0 : ~uint32_t{0}};
    }
  }

  void prepare() {
    scale_ = surroundings_.scale(surroundings_.means());
    expected_ = surroundings_.expected();
    const uint32_t by_scale = bucket(log_scale(static_cast<uint64_t>(scale_)) - mean_, 8, kScaleRows);
    // A scale b has the mean magnitude 2 ln 2 b: compares |expected| with multiples of b / 64, without a division.
    const int64_t size = (expected_ < 0 ? -expected_ : expected_) * 5678;
    uint32_t strength = 0;
    for (const int64_t step : {6, 16, 32, 64}) strength += size >= step * scale_ ? 1 : 0;
    const uint32_t by_value = expected_ < 0 ? 4 - strength : 4 + strength;
    row_ = (by_scale * kValueRows + by_value) * slots_;
  }
  template <bool kLearn, class Coder>
  [[gnu::always_inline]] int64_t code(Coder& coder, int64_t value) {
    const uint32_t wanted = tree_.index_of(value);
    uint16_t at = tree_.root();
    PlainCounter* const counters = counters_.data();
    const uint32_t row = row_;
    if (zero_first_) {
      const uint32_t zero = tree_.zero();
      const auto low = [&] { return zero > 0 ? scaled_edge(zero) : -2 * kMostStretch; };
      const auto high = [&] { return zero + 1 < tree_.size() ? scaled_edge(zero + 1) : 2 * kMostStretch; };
      const auto not_zero = [&] { return stretched_not_zero(low(), high()); };
      if (!decide<kLearn>(coder, counters[row], not_zero, wanted != zero)) return 0;
      const auto positive = [&] { return stretched_positive(low(), high()); };
      at = decide<kLearn>(coder, counters[row + 1], positive, wanted > zero) ? tree_.positive() : tree_.negative();
    }
    while ((at & SearchTree::kLeaf) == 0) {
      const uint32_t m = at & SearchTree::kIndex;
      const Step& step = steps_[m];
      const auto right = [&] {
        const SearchTree::Node& node = tree_.node(m);
        const int low = node.from > 0 ? scaled_edge(node.from) : -2 * kMostStretch;
        const int high = node.to < tree_.size() ? scaled_edge(node.to) : 2 * kMostStretch;
        return stretched_right(low, scaled_edge(m), high);
      };
      at = step.child[decide<kLearn>(coder, counters[(row & step.mask) + step.counter], right, wanted >= m) ? 1 : 0];
    }
    return code_plain_bits(coder, tree_, at & SearchTree::kIndex, value);
  }
  void commit(int64_t value) { surroundings_.add(value, tree_.shift()); }

 private:
  static constexpr uint32_t kScaleRows = 12, kValueRows = 9;
  static constexpr uint32_t kUnused = 0, kFirstCount = 8;

  // What a walk down the tree needs of a node. Its counter's number is relative to the context's row, if the mask says
  // so: a branch on whether the node is fine would be hard to predict.
  struct Step {
    std::array<uint16_t, 2> child;
    uint32_t counter, mask;
  };

  int scaled_edge(uint32_t node) const { return scaled(tree_.node(node).edge - expected_, inverse_scale(scale_)); }
  // `known`: gives the stretched probability that an unused counter starts from. Asking changes nothing.
  template <bool kLearn, class Coder, class Known>
  [[gnu::always_inline]] static inline bool decide(Coder& coder, PlainCounter& counter, const Known& known,
                                                   bool wanted) {
    PlainCounter now = counter;
    if (now.state == kUnused) [[unlikely]]
      now.state = squash(known()) << 16 | kFirstCount;
    const bool bit = coder.code(now.probability(), wanted);
    if constexpr (kLearn) {
      now.update(bit);
      counter = now;
    }
    return bit;
  }

  SearchTree tree_;
  bool zero_first_;
  int mean_;
  Surroundings surroundings_;
  uint32_t slots_;
  std::vector<Step> steps_;
  std::vector<PlainCounter> counters_;  // [context][slot], then one per node, of which the fine ones are used
  int64_t expected_ = 0;                // in units of 1/64
  int64_t scale_ = 0;                   // in units of 2^-12
  uint32_t row_ = 0;                    // where the context's counters start
};

// Mode `mix`.
class MixModel {
 public:
  MixModel(const ContextGeometry& geometry, const ContextParameters& p)
      : zero_first_(p.zero_first),
        mean_(static_cast<int>(p.mean)),
        tree_(p),
        surroundings_(geometry, p),
        size_(tree_.slots()),
        counters_(size_t{kAllRows} * size_),
        fine_counters_(plain_counters(tree_)) {
    Mixer start;
    start.weights = {kOneWeight * 2 / 10, kOneWeight * 2 / 10, kOneWeight * 15 / 100, kOneWeight * 5 / 100,
                     kOneWeight * 4 / 10};
    mixers_.fill(start);
  }

  // Predicts mean and scale of the next element, and selects its contexts.
  void prepare() {
    const Means means = surroundings_.means();
    const int64_t scale = surroundings_.scale(means);
    expected_ = static_cast<int32_t>(surroundings_.expected());
    inverse_ = inverse_scale(scale);
    const auto log = [](int64_t x) { return log_scale(static_cast<uint64_t>(x)); };
    const uint32_t by_scale = bucket(log(scale) - mean_, 4, kScaleRows);
    const uint32_t by_means =
        bucket(log(means[kRowMean]) - mean_, 6, 8) * 8 + bucket(log(means[kColumnMean]) - mean_, 6, 8);
    by_scale_ = by_scale;
    group_ = by_scale < 10 ? 0 : by_scale < 14 ? 1 : 2;
    // The expected value in units of the scale: 64 is 1.
    const auto ratio = static_cast<int>(std::clamp<int64_t>((int64_t{expected_} * inverse_) >> 18, -127, 127));
    const int strength = kRatioSteps[static_cast<size_t>(ratio < 0 ? -ratio : ratio)];
    const auto by_value = static_cast<uint32_t>(ratio < 0 ? 4 - strength : 4 + strength) * 6 + by_scale / 4;
    rows_ = {counters_.data() + size_t{by_scale} * size_, counters_.data() + size_t{kScaleRows + by_means} * size_,
             counters_.data() + size_t{kScaleRows + 64 + by_value} * size_,
             counters_.data() + size_t{kScaleRows + 64 + 54} * size_};
  }
  template <bool kLearn, class Coder>
  [[gnu::always_inline]] int64_t code(Coder& coder, int64_t value) {
    const uint32_t wanted = tree_.index_of(value);
    uint16_t at = tree_.root();
    int low = -2 * kMostStretch, high = 2 * kMostStretch;  // the edges of what is left, scaled
    int low_plus = 0, high_plus = 2 * kMostStretch;        // softplus of both
    unsigned depth = 0;
    const auto rows = rows_;
    if (zero_first_) {
      const uint32_t zero = tree_.zero();
      low = zero > 0 ? scaled_edge(zero) : low;
      high = zero + 1 < tree_.size() ? scaled_edge(zero + 1) : high;
      low_plus = softplus(low), high_plus = softplus(high);
      if (!decide<kLearn>(coder, rows, 0, stretched_not_zero(low, high), 0, 0, wanted != zero)) return 0;
      const bool positive = decide<kLearn>(coder, rows, 1, stretched_positive(low, high), 0, 1, wanted > zero);
      at = positive ? tree_.positive() : tree_.negative();
      if (positive)
        low = high, low_plus = high_plus, high = 2 * kMostStretch, high_plus = high;
      else
        high = low, high_plus = low_plus, low = -2 * kMostStretch, low_plus = 0;
      depth = 2;
    }
    while ((at & (SearchTree::kLeaf | SearchTree::kFine)) == 0) {
      const SearchTree::Node& node = tree_.node(at);
      const int middle = scaled(node.edge - expected_, inverse_), plus = softplus(middle);
      const int logistic = stretched_right(low, low_plus, middle, high, high_plus);
      const bool bit = decide<kLearn>(coder, rows, node.slot, logistic, node.stretched, depth, wanted >= at);
      low = bit ? middle : low;
      low_plus = bit ? plus : low_plus;
      high = bit ? high : middle;
      high_plus = bit ? high_plus : plus;
      at = node.child[bit ? 1 : 0];
      depth += depth + 1 < kDepths ? 1 : 0;
    }
    while ((at & SearchTree::kLeaf) == 0) {
      const uint32_t m = at & SearchTree::kIndex;
      const bool bit = code_plain_decision<kLearn>(coder, fine_counters_[m], wanted >= m);
      at = tree_.node(m).child[bit ? 1 : 0];
    }
    return code_plain_bits(coder, tree_, at & SearchTree::kIndex, value);
  }
  // Moves on to the next element.
  void commit(int64_t value) { surroundings_.add(value, tree_.shift()); }

 private:
  static constexpr unsigned kDepths = 5;
  static constexpr uint32_t kScaleRows = 24, kAllRows = kScaleRows + 64 + 54 + 1;
  static constexpr std::array<uint8_t, 128> kRatioSteps = [] {
    std::array<uint8_t, 128> steps{};
    for (size_t i = 0; i < steps.size(); ++i) steps[i] = i < 6 ? 0 : i < 16 ? 1 : i < 32 ? 2 : i < 64 ? 3 : 4;
    return steps;
  }();

  int scaled_edge(uint32_t node) const { return scaled(tree_.node(node).edge - expected_, inverse_); }

  template <bool kLearn, class Coder>
  [[gnu::always_inline]] bool decide(Coder& coder, const std::array<Counter*, kCounters>& rows, uint32_t node,
                                     int logistic, int16_t prior, unsigned depth, bool wanted) {
    const auto known = static_cast<int16_t>(std::clamp(logistic, -kMostStretch, kMostStretch));
    Prediction prediction(rows[0] + node, rows[1] + node, rows[2] + node, rows[3] + node, known, prior);
    Mixer& mixer = mixers_[depth + kDepths * group_];
    const uint32_t p = prediction.probability(mixer, extra_[by_scale_]);
    const bool bit = coder.code(p, wanted);
    if (kLearn) prediction.learn(mixer, extra_[by_scale_], bit, p);
    return bit;
  }

  bool zero_first_;
  int mean_;
  SearchTree tree_;
  Surroundings surroundings_;
  uint32_t size_;                  // slots
  std::vector<Counter> counters_;  // [row][slot]
  std::vector<PlainCounter> fine_counters_;
  std::array<Mixer, kDepths * 3> mixers_;
  std::array<ExtraWeights, kScaleRows> extra_{};
  uint32_t by_scale_ = 0;
  unsigned group_ = 0;
  int32_t expected_ = 0;  // in units of 1/64
  int64_t inverse_ = 0;
  std::array<Counter*, kCounters> rows_{};
};

}  // namespace pare
