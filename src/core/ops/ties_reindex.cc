#include "core/ops/ties_reindex.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "core/ops/ties_axes.h"

namespace pare::ops {
namespace {

// One dimension of a value, without those of one index: these say nothing.
struct Axis {
  Dim dim;
  IndexRange ids;
};

std::vector<Axis> axes_of(ChannelTies& ties, ValueId v) {
  std::vector<Axis> axes;
  const Dims& dims = *ties.graph().value(v).dims;
  for (size_t i = 0; i < dims.size(); ++i) {
    const IndexRange ids = ties.axis(v, static_cast<int64_t>(i));
    if (dims[i] == Dim(1))
      ties.pin(ids);
    else
      axes.push_back({dims[i], ids});
  }
  return axes;
}

void pin_axes(ChannelTies& ties, std::span<const Axis> axes) {
  for (const Axis& axis : axes) ties.pin(axis.ids);
}

// What dimensions multiply to. Nothing once it does not fit.
class Product {
 public:
  void include(Dim dim) {
    if (factor_) factor_ = checked_mul(*factor_, dim.factor);
    if (!dim.known()) symbols_.insert(std::upper_bound(symbols_.begin(), symbols_.end(), dim.symbol), dim.symbol);
  }
  bool fits() const { return factor_.has_value(); }
  bool less_than(const Product& other) const {
    return *factor_ != *other.factor_ ? *factor_ < *other.factor_ : symbols_.size() < other.symbols_.size();
  }
  friend bool operator==(const Product&, const Product&) = default;

 private:
  std::optional<int64_t> factor_ = 1;
  std::vector<uint32_t> symbols_;
};

// A dimension that is being taken apart, from its fastest digit on; the symbol comes last.
struct Rest {
  const Axis* axis;
  int64_t factor;
  bool symbol;
  std::vector<size_t> digits;  // numbers of those taken, the fastest first
  bool done() const { return factor == 1 && !symbol; }
};

// Digits that both sides of a block have in common, the fastest first, up to where they have none.
class Digits {
 public:
  void find(std::span<const Axis> a, std::span<const Axis> b) {
    left_ = rests(a);
    right_ = rests(b);
    size_t i = left_.size(), j = right_.size();
    while (i > 0 && j > 0) {
      Rest &p = left_[i - 1], &q = right_[j - 1];
      if (p.factor == 1 && q.factor == 1 && p.symbol && q.symbol) {
        if (p.axis->dim.symbol != q.axis->dim.symbol) break;
        p.symbol = q.symbol = false;
      } else if (!p.done() && !q.done()) {
        const int64_t digit = std::gcd(p.factor, q.factor);
        if (digit == 1) break;
        for (Rest* rest : {&p, &q}) {
          rest->factor /= digit;
          rest->digits.push_back(sizes_.size());
        }
        sizes_.push_back(static_cast<size_t>(digit));
      }
      if (p.done()) --i;
      if (q.done()) --j;
    }
  }

  void tie(ChannelTies& ties) {
    std::vector<IndexRange> ranges(sizes_.size());
    for (const std::vector<Rest>* side : {&left_, &right_}) {
      for (const Rest& rest : *side) {
        if (rest.digits.size() == 1 && rest.factor == 1 && ranges[rest.digits[0]].empty())
          ranges[rest.digits[0]] = rest.axis->ids;
      }
    }
    for (size_t d = 0; d < ranges.size(); ++d) {
      if (ranges[d].empty()) ranges[d] = ties.fresh(sizes_[d]);
    }
    for (const std::vector<Rest>* side : {&left_, &right_}) {
      for (const Rest& rest : *side) {
        std::vector<IndexRange> parts;
        for (size_t d = rest.digits.size(); d-- > 0;) parts.push_back(ranges[rest.digits[d]]);
        if (rest.factor > 1) {
          for (const IndexRange& part : parts) ties.pin(part);
          parts.clear();
        }
        if (parts.empty())  // not taken apart, or a symbol alone
          ties.pin(rest.axis->ids);
        else if (parts.size() > 1)
          ties.tie_product(rest.axis->ids, parts);
        else
          ties.tie(rest.axis->ids, parts[0]);
      }
    }
  }

 private:
  static std::vector<Rest> rests(std::span<const Axis> axes) {
    std::vector<Rest> result;
    for (const Axis& axis : axes) result.push_back({&axis, axis.dim.factor, !axis.dim.known(), {}});
    return result;
  }
  std::vector<Rest> left_, right_;
  std::vector<size_t> sizes_;
};

void tie_block(ChannelTies& ties, std::span<const Axis> a, std::span<const Axis> b) {
  if (a.size() == 1 && b.size() == 1 && a[0].dim == b[0].dim) return ties.tie(a[0].ids, b[0].ids);
  Digits digits;
  digits.find(a, b);
  digits.tie(ties);
}

// Ties blocks from the outermost on for as long as products meet; returns how many axes of each are done.
std::pair<size_t, size_t> tie_blocks(ChannelTies& ties, std::span<const Axis> a, std::span<const Axis> b, bool last) {
  const auto at = [last](std::span<const Axis> axes, size_t i) { return axes[last ? axes.size() - 1 - i : i]; };
  const auto block = [last](std::span<const Axis> axes, size_t from, size_t to) {
    return axes.subspan(last ? axes.size() - to : from, to - from);
  };
  size_t i = 0, j = 0, from_i = 0, from_j = 0;
  Product p, q;
  while (i < a.size() || j < b.size()) {
    const bool left = j == b.size() || (i < a.size() && !q.less_than(p));
    if (left)
      p.include(at(a, i++).dim);
    else
      q.include(at(b, j++).dim);
    if (!p.fits() || !q.fits()) break;
    if (p != q) continue;
    tie_block(ties, block(a, from_i, i), block(b, from_j, j));
    p = q = Product();
    from_i = i;
    from_j = j;
  }
  return {from_i, from_j};
}

}  // namespace

void tie_reindexed(ChannelTies& ties, ValueId from, ValueId to) {
  const std::vector<Axis> a = axes_of(ties, from), b = axes_of(ties, to);
  const auto is_empty = [](const Axis& axis) { return axis.dim.factor == 0; };
  if (std::any_of(a.begin(), a.end(), is_empty) || std::any_of(b.begin(), b.end(), is_empty)) {
    ties.pin(from);
    ties.pin(to);
    return;
  }
  // Where a dimension in the middle is of unknown size, products still meet on either side of it.
  const auto [i, j] = tie_blocks(ties, a, b, false);
  const std::span<const Axis> left = std::span(a).subspan(i), right = std::span(b).subspan(j);
  const auto [k, l] = tie_blocks(ties, left, right, true);
  pin_axes(ties, left.first(left.size() - k));
  pin_axes(ties, right.first(right.size() - l));
}

void tie_reindex(ChannelTies& ties, const Node& node) {
  if (pin_where_unknown(ties, node)) return;
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != kNoValue) ties.pin(node.inputs[i]);
  }
  tie_reindexed(ties, node.inputs[0], node.outputs[0]);
}

}  // namespace pare::ops
