// Which indices of which axes go together: what op rules say (OpDef::tie) and what find_channels() puts together.
//
// Every axis of every value has one id per index. Two ids that are tied are removed together or not at all: a
// union-find over (value, axis, index). An index may also be a combination of parts, as after Flatten or where
// attention heads are split: index c * 49 + s of the flattened axis goes when channel c goes, or when place s does. Its
// parts are ids too. What must stay is pinned: places of an image, steps of a sequence, everything at an op without a
// rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/graph.h"

namespace pare {

using IndexId = uint32_t;
inline constexpr int64_t kMostIndices = int64_t{1} << 22;  // of one axis; larger ones are no channels
inline constexpr size_t kMostIds = size_t{1} << 25;        // of all values and their parts: what memory allows
struct IndexRange {
  IndexId first = 0;
  uint32_t count = 0;
  IndexId operator[](size_t i) const { return first + static_cast<IndexId>(i); }
  bool empty() const { return count == 0; }
  IndexRange part(size_t from, size_t n) const {
    return {first + static_cast<IndexId>(from), static_cast<uint32_t>(n)};
  }
};

class ChannelTies {
 public:
  explicit ChannelTies(const Graph& graph);

  const Graph& graph() const { return graph_; }
  // Is the shape known (up to symbols), and has it ids? Values with an axis of more than kMostIndices have none, nor
  // have those for which kMostIds does not suffice.
  bool known(ValueId value) const {
    const std::optional<Dims>& dims = graph_.value(value).dims;
    return dims && axes_[static_cast<size_t>(value)].size() == dims->size();
  }
  size_t rank(ValueId value) const;
  // One id per index. Of a dimension that is a multiple of a symbol (heads times a dynamic batch), one per multiple:
  // the symbol is the slower part. Empty where the shape is not known.
  IndexRange axis(ValueId value, int64_t axis) const;  // axis may count from the end
  // Ids of nothing yet: parts of indices. Empty beyond kMostIndices and kMostIds, so that what is tied to it stays.
  IndexRange fresh(size_t count);

  // These go together.
  void tie(IndexId a, IndexId b);
  // Index by index; ranges of different lengths are pinned.
  void tie(IndexRange a, IndexRange b);
  // `whole` goes when one of the parts goes, and only then. Parts in the order of strides, the slowest first. What
  // would be made of very many parts stays.
  void tie_parts(IndexId whole, std::span<const IndexId> parts);
  // whole[i] is made of one index of each range, the last running fastest. whole.count is the product of the counts.
  void tie_product(IndexRange whole, std::span<const IndexRange> parts);
  void tie_product(IndexRange whole, std::initializer_list<IndexRange> parts) {
    tie_product(whole, std::span<const IndexRange>(parts.begin(), parts.size()));
  }
  // Never goes.
  void pin(IndexId id);
  void pin(IndexRange range);
  void pin_axis(ValueId value, int64_t axis) { pin(this->axis(value, axis)); }
  void pin(ValueId value);  // every axis
  // A mean is taken over these (layer norm, ReduceMean): without one of them, it is a mean over the others.
  void averaged(IndexRange range);

  // ---- for find_channels() ----

  // Whose rule is speaking; pins remember it.
  void at(NodeId node) { node_ = node; }
  // The first walk only collects pins: combinations that do not fit each other are left alone, since what does not fit
  // may turn out to be pinned. The second starts from those pins.
  void walk_again();
  size_t size() const { return parent_.size(); }
  IndexId find(IndexId id) const;
  bool pinned(IndexId id) const { return pinned_[find(id)] != 0; }
  NodeId pinned_by(IndexId id) const { return pinned_by_[find(id)]; }
  bool is_averaged(IndexId id) const { return averaged_[find(id)] != 0; }
  // The parts of an index that are not pinned, each in its canonical id; the id itself where it has no parts. False,
  // with some of them, where they are too many to be followed: the index has to stay.
  bool parts(IndexId id, std::vector<IndexId>& out) const;
  // All nodes for which the index, or a part of it, stays.
  std::vector<NodeId> reasons(IndexId id) const;

 private:
  struct Parts {
    uint32_t first = 0, count = 0;
  };
  // Calls f(id) for the index and all that it is made of, each once, the slowest first, for as long as f says to go on
  // into its parts. False where there are too many.
  template <class F>
  bool each_part(IndexId id, const F& f) const;
  std::optional<bool> contains(IndexId whole, IndexId part) const;  // nothing: too many to tell
  void tie_lists(IndexId a, IndexId b);
  void start();

  const Graph& graph_;
  std::vector<std::vector<IndexRange>> axes_;  // per value
  uint32_t axis_ids_ = 0;                      // ids of axes; those of parts follow
  mutable std::vector<IndexId> parent_;
  std::vector<Parts> parts_;  // of canonical ids
  std::vector<IndexId> part_ids_;
  std::vector<uint8_t> pinned_, averaged_;
  std::vector<NodeId> pinned_by_;
  std::vector<uint8_t> known_pins_;  // of the first walk, per id
  std::vector<NodeId> known_reasons_;
  bool first_walk_ = true;
  mutable std::vector<IndexId> open_, seen_;  // scratch of each_part
  std::vector<IndexId> to_pin_;               // scratch of pin
  NodeId node_ = kNoNode;
};

}  // namespace pare
