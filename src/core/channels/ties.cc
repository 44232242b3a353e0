#include "core/channels/ties.h"

#include <algorithm>

namespace pare {

namespace {
constexpr size_t kMostParts = 64;  // that one index is made of, combinations of combinations included
}  // namespace

ChannelTies::ChannelTies(const Graph& graph) : graph_(graph), axes_(graph.values.size()) {
  for (size_t v = 0; v < graph.values.size(); ++v) {
    const std::optional<Dims>& dims = graph.values[v].dims;
    if (!dims) continue;
    bool fits = true;
    size_t count = axis_ids_;
    for (const Dim& dim : *dims) {
      fits = fits && dim.factor >= 0 && dim.factor <= kMostIndices &&
             (count += static_cast<size_t>(dim.factor)) <= kMostIds;
    }
    if (!fits) continue;
    for (const Dim& dim : *dims) {
      axes_[v].push_back({axis_ids_, static_cast<uint32_t>(dim.factor)});
      axis_ids_ += static_cast<uint32_t>(dim.factor);
    }
  }
  start();
}

void ChannelTies::start() {
  parent_.resize(axis_ids_);
  for (IndexId i = 0; i < axis_ids_; ++i) parent_[i] = i;
  parts_.assign(axis_ids_, {});
  part_ids_.clear();
  pinned_.assign(axis_ids_, 0);
  averaged_.assign(axis_ids_, 0);
  pinned_by_.assign(axis_ids_, kNoNode);
  for (IndexId i = 0; i < std::min<size_t>(axis_ids_, known_pins_.size()); ++i) {
    pinned_[i] = known_pins_[i];
    pinned_by_[i] = known_reasons_[i];
  }
}

void ChannelTies::walk_again() {
  known_pins_.resize(size());
  known_reasons_.resize(size());
  for (IndexId i = 0; i < size(); ++i) {
    known_pins_[i] = pinned(i) ? 1 : 0;
    known_reasons_[i] = pinned_by(i);
  }
  first_walk_ = false;
  start();
}

size_t ChannelTies::rank(ValueId value) const {
  const std::optional<Dims>& dims = graph_.value(value).dims;
  return dims ? dims->size() : 0;
}

IndexRange ChannelTies::axis(ValueId value, int64_t axis) const {
  const std::vector<IndexRange>& all = axes_[static_cast<size_t>(value)];
  const auto rank = static_cast<int64_t>(all.size());
  const int64_t place = axis < 0 ? axis + rank : axis;
  return place < 0 || place >= rank ? IndexRange{} : all[static_cast<size_t>(place)];
}

IndexRange ChannelTies::fresh(size_t count) {
  if (count > static_cast<size_t>(kMostIndices) || parent_.size() + count > kMostIds) return {};
  const auto first = static_cast<IndexId>(parent_.size());
  for (size_t i = 0; i < count; ++i) {
    const auto id = static_cast<IndexId>(parent_.size());
    const bool known = id < known_pins_.size();
    parent_.push_back(id);
    parts_.push_back({});
    pinned_.push_back(known ? known_pins_[id] : 0);
    pinned_by_.push_back(known ? known_reasons_[id] : kNoNode);
    averaged_.push_back(0);
  }
  return {first, static_cast<uint32_t>(count)};
}

IndexId ChannelTies::find(IndexId id) const {
  while (parent_[id] != id) {
    parent_[id] = parent_[parent_[id]];
    id = parent_[id];
  }
  return id;
}

template <class F>
bool ChannelTies::each_part(IndexId id, const F& f) const {
  open_.assign(1, id);
  seen_.clear();
  while (!open_.empty()) {
    const IndexId at = find(open_.back());
    open_.pop_back();
    if (std::find(seen_.begin(), seen_.end(), at) != seen_.end()) continue;
    if (seen_.size() == kMostParts) return false;
    seen_.push_back(at);
    if (!f(at)) continue;
    const Parts& list = parts_[at];
    for (uint32_t i = list.count; i-- > 0;) open_.push_back(part_ids_[list.first + i]);  // the first comes out first
  }
  return true;
}

bool ChannelTies::parts(IndexId id, std::vector<IndexId>& out) const {
  return each_part(id, [&](IndexId at) {
    if (pinned_[at] != 0) return false;
    if (parts_[at].count == 0) out.push_back(at);
    return true;
  });
}

std::vector<NodeId> ChannelTies::reasons(IndexId id) const {
  std::vector<NodeId> result;
  each_part(id, [&](IndexId at) {
    if (pinned_[at] != 0 && pinned_by_[at] != kNoNode) result.push_back(pinned_by_[at]);
    return true;
  });
  return result;
}

void ChannelTies::pin(IndexId id) {
  if (pinned(id)) return;
  to_pin_.assign(1, id);
  while (!to_pin_.empty()) {
    const IndexId at = find(to_pin_.back());
    to_pin_.pop_back();
    if (pinned_[at] != 0) continue;
    pinned_[at] = 1;
    pinned_by_[at] = node_;
    for (uint32_t i = 0; i < parts_[at].count; ++i) to_pin_.push_back(part_ids_[parts_[at].first + i]);
  }
}
void ChannelTies::pin(IndexRange range) {
  for (uint32_t i = 0; i < range.count; ++i) pin(range[i]);
}
void ChannelTies::pin(ValueId value) {
  for (const IndexRange& range : axes_[static_cast<size_t>(value)]) pin(range);
}
void ChannelTies::averaged(IndexRange range) {
  std::vector<IndexId> all;
  for (uint32_t i = 0; i < range.count; ++i) {
    averaged_[find(range[i])] = 1;
    all.clear();
    if (!parts(range[i], all)) pin(range[i]);
    for (const IndexId part : all) averaged_[part] = 1;
  }
}

std::optional<bool> ChannelTies::contains(IndexId whole, IndexId part) const {
  if (parts_[find(whole)].count == 0) return find(whole) == part;
  bool found = false;
  const bool all = each_part(whole, [&](IndexId at) {
    found = found || at == part;
    return !found;
  });
  if (!found && !all) return std::nullopt;
  return found;
}

void ChannelTies::tie(IndexId a, IndexId b) {
  a = find(a);
  b = find(b);
  if (a == b) return;
  if (pinned_[a] != pinned_[b]) {  // the other stays for the reason of the first
    const NodeId speaking = node_;
    node_ = pinned_by_[pinned_[a] != 0 ? a : b];
    pin(pinned_[a] != 0 ? b : a);
    node_ = speaking;
  }
  if (parts_[a].count > 0 && parts_[b].count > 0) return tie_lists(a, b);
  if (parts_[a].count > 0) std::swap(a, b);  // a has no parts: it becomes what b is
  const std::optional<bool> holds_itself = contains(b, a);
  if (!holds_itself) {
    pin(a);
    pin(b);
    return;
  }
  if (*holds_itself) {
    if (!first_walk_) pin(b);
    return;
  }
  parent_[a] = b;
  averaged_[b] |= averaged_[a];
}

// Both are combinations: they agree where their parts do, one by one.
void ChannelTies::tie_lists(IndexId a, IndexId b) {
  std::vector<IndexId> left, right;
  const bool all = parts(a, left) && parts(b, right);
  if (!all || left.empty() || right.empty()) {
    pin(a);
    pin(b);
    return;
  }
  if (left.size() != right.size()) {
    if (first_walk_) return;
    pin(a);
    pin(b);
    return;
  }
  for (size_t i = 0; i < left.size(); ++i) tie(left[i], right[i]);
  averaged_[b] |= averaged_[a];
}

void ChannelTies::tie(IndexRange a, IndexRange b) {
  if (a.count != b.count) {
    pin(a);
    pin(b);
    return;
  }
  for (uint32_t i = 0; i < a.count; ++i) tie(a[i], b[i]);
}

void ChannelTies::tie_parts(IndexId whole, std::span<const IndexId> parts) {
  if (parts.size() == 1) return tie(whole, parts[0]);
  const bool fits = parts.size() <= kMostParts && part_ids_.size() + parts.size() <= kMostIds;
  const IndexRange fresh_id = fits ? fresh(1) : IndexRange{};
  if (fresh_id.empty()) {
    pin(whole);
    for (const IndexId part : parts) pin(part);
    return;
  }
  parts_[fresh_id.first] = {static_cast<uint32_t>(part_ids_.size()), static_cast<uint32_t>(parts.size())};
  part_ids_.insert(part_ids_.end(), parts.begin(), parts.end());
  if (pinned_[fresh_id.first] != 0) {  // known from the first walk
    for (const IndexId part : parts) pin(part);
  }
  tie(whole, fresh_id.first);
}

void ChannelTies::tie_product(IndexRange whole, std::span<const IndexRange> parts) {
  size_t count = 1;
  for (const IndexRange& range : parts) {
    if (count <= whole.count) count *= range.count;  // ranges are small: this does not overflow
  }
  if (count != whole.count) {
    pin(whole);
    for (const IndexRange& range : parts) pin(range);
    return;
  }
  std::vector<IndexId> ids(parts.size());
  for (uint32_t i = 0; i < whole.count; ++i) {
    uint32_t rest = i;
    for (size_t p = parts.size(); p-- > 0;) {
      ids[p] = parts[p][rest % parts[p].count];
      rest /= parts[p].count;
    }
    tie_parts(whole[i], ids);
  }
}

}  // namespace pare
