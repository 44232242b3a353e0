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
#include <span>
#include <vector>

#include "core/graph.h"

namespace pare {

using IndexId = uint32_t;
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
  // Is the shape known (up to symbols), and of a size that has ids?
  bool known(ValueId value) const {
    const std::optional<Dims>& dims = graph_.value(value).dims;
    return dims && axes_[static_cast<size_t>(value)].size() == dims->size();
  }
  size_t rank(ValueId value) const;
  // One id per index. Of a dimension that is a multiple of a symbol (heads times a dynamic batch), one per multiple:
  // the symbol is the slower part. Empty where the shape is not known.
  IndexRange axis(ValueId value, int64_t axis) const;  // axis may count from the end
  // Ids of nothing yet: parts of indices.
  IndexRange fresh(size_t count);

  // These go together.
  void tie(IndexId a, IndexId b);
  // Index by index; ranges of different lengths are pinned.
  void tie(IndexRange a, IndexRange b);
  // `whole` goes when one of the parts goes, and only then. Parts in the order of strides, the slowest first.
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
  // The parts of an index that are not pinned, each in its canonical id; the id itself where it has no parts.
  void parts(IndexId id, std::vector<IndexId>& out) const;

 private:
  struct Parts {
    uint32_t first = 0, count = 0;
  };
  bool contains(IndexId whole, IndexId part) const;
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
  NodeId node_ = kNoNode;
};

}  // namespace pare
