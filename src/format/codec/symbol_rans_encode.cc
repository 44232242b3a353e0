#include "format/codec/symbol_rans_encode.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace pare {

namespace {

constexpr size_t kMost = SymbolRans::kMostSymbols;
// Where classes start to pay for their tables.
constexpr size_t kClassesFrom = 512;
constexpr size_t kMostGroups = 24;

// In 1/65536 bits.
uint64_t fine_entropy(std::span<const uint32_t> counts) {
  uint64_t total = 0, cost = 0;
  for (uint32_t c : counts) {
    if (c == 0) continue;
    total += c;
    cost += c * fixed_log2(c);
  }
  return total == 0 ? 0 : total * fixed_log2(total) - cost;
}

// Cost of a class in 1/65536 bits: its symbols at their entropy, and about what its table takes.
uint64_t class_cost(std::span<const uint32_t> counts) {
  constexpr uint64_t kBitsPerSymbol = 5, kBitsPerClass = 16;
  const auto present =
      static_cast<uint64_t>(std::count_if(counts.begin(), counts.end(), [](uint32_t c) { return c != 0; }));
  return present == 0 ? 0 : fine_entropy(counts) + ((kBitsPerSymbol * present + kBitsPerClass) << 16);
}

// Counts of symbols after each of a range of symbols.
struct Group {
  size_t first = 0;  // of the symbols before
  std::vector<uint32_t> counts;
  uint64_t cost = 0;
};
void join(std::vector<uint32_t>& into, const std::vector<uint32_t>& from) {
  for (size_t s = 0; s < into.size(); ++s) into[s] += from[s];
}

// Joins neighbours, always the pair that saves most or costs least, while there are too many or joining saves.
std::vector<Group> join_groups(std::vector<Group> groups) {
  const auto joined_cost = [&](size_t g) {
    std::vector<uint32_t> both = groups[g].counts;
    join(both, groups[g + 1].counts);
    return class_cost(both);
  };
  std::vector<int64_t> gain;  // of joining g and g + 1
  const auto gain_at = [&](size_t g) {
    return static_cast<int64_t>(groups[g].cost + groups[g + 1].cost) - static_cast<int64_t>(joined_cost(g));
  };
  for (size_t g = 0; g + 1 < groups.size(); ++g) gain.push_back(gain_at(g));
  while (!gain.empty()) {
    const auto best = std::max_element(gain.begin(), gain.end());
    if (*best < 0 && groups.size() <= SymbolRans::kMostClasses) break;
    const auto g = static_cast<size_t>(best - gain.begin());
    join(groups[g].counts, groups[g + 1].counts);
    groups[g].cost = class_cost(groups[g].counts);
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(g) + 1);
    gain.erase(best);
    if (g < gain.size()) gain[g] = gain_at(g);
    if (g > 0) gain[g - 1] = gain_at(g - 1);
  }
  return groups;
}

// The step whose weight is nearest to 4 * count, in proportion.
unsigned step_of(uint32_t count) {
  if (count == 0) return 0;
  const uint64_t target = uint64_t{count} * 4;
  const auto octave = static_cast<unsigned>(std::bit_width(target)) - 3;
  unsigned step = 4 * octave + 1;
  while (SymbolRans::frequency_weight(step + 1) <= target) ++step;
  const uint64_t below = SymbolRans::frequency_weight(step), above = SymbolRans::frequency_weight(step + 1);
  return target - below <= above - target ? step : step + 1;
}

// Calls emit(v) for each step and emit_run(k) for each run of absent symbols.
template <class Emit, class EmitRun>
void for_each_step(std::span<const uint8_t> steps, Emit emit, EmitRun emit_run) {
  int64_t last = 0;
  for (size_t s = 0; s < steps.size();) {
    if (steps[s] == 0) {
      size_t run = 1;
      while (s + run < steps.size() && steps[s + run] == 0) ++run;
      emit_run(run);
      s += run;
      continue;
    }
    emit(1 + zigzag(steps[s] - last));
    last = steps[s++];
  }
}
uint64_t table_bits(std::span<const uint8_t> steps, unsigned fine) {
  uint64_t bits = 2;
  for_each_step(
      steps, [&](uint64_t v) { bits += gamma_bits((v >> fine) + 1) + fine; },
      [&](size_t run) { bits += 1 + fine + gamma_bits(run); });
  return bits;
}

}  // namespace

std::array<uint32_t, kMost> count_symbols(std::span<const uint8_t> symbols) {
  std::array<std::array<uint32_t, kMost>, 4> part{};  // equal neighbours would wait for each other's counter
  for (size_t i = 0; i < symbols.size(); ++i) ++part[i % 4][symbols[i]];
  for (size_t s = 0; s < kMost; ++s) part[0][s] += part[1][s] + part[2][s] + part[3][s];
  return part[0];
}

uint64_t entropy_bits(std::span<const uint32_t> counts) { return (fine_entropy(counts) + 65535) >> 16; }

void SymbolEncoder::add_class(std::span<const uint32_t> counts) {
  Class& c = classes_.emplace_back();
  for (size_t s = 0; s < counts.size(); ++s) c.steps[s] = static_cast<uint8_t>(step_of(counts[s]));
  const auto steps = std::span<const uint8_t>(c.steps).first(symbols_);
  SymbolRans::frequencies(steps, c.frequencies);
  uint16_t start = 0;
  for (size_t s = 0; s < symbols_; ++s) {
    c.starts[s] = start;
    start = static_cast<uint16_t>(start + c.frequencies[s]);
  }
  uint64_t fewest = ~uint64_t{0};
  for (unsigned fine = 0; fine < 4; ++fine) {
    const uint64_t bits = table_bits(steps, fine);
    if (bits < fewest) fewest = bits, c.fine = fine;
  }
  description_bits_ += fewest;
  for (size_t s = 0; s < counts.size(); ++s)  // in 1/65536 bits until the constructor ends
    if (counts[s] != 0) data_bits_ += counts[s] * ((SymbolRans::kBits << 16) - fixed_log2(c.frequencies[s]));
}

SymbolEncoder::SymbolEncoder(std::span<const uint8_t> symbols, bool use_classes) {
  if (symbols.empty()) return;
  symbols_ = size_t{*std::max_element(symbols.begin(), symbols.end())} + 1;
  if (symbols_ == 1) return;
  description_bits_ += 3;
  const size_t streams = SymbolRans::streams(symbols.size()), each = SymbolRans::each(symbols.size());
  if (!use_classes || symbols.size() < kClassesFrom) {
    const auto counts = count_symbols(symbols);
    add_class(std::span(counts).first(symbols_));
  } else {
    std::vector<uint32_t> pairs(symbols_ * symbols_);  // [symbol before][symbol]
    for (size_t i = 1; i < symbols.size(); ++i) ++pairs[symbols[i - 1] * symbols_ + symbols[i]];
    ++pairs[symbols[0]];
    for (size_t s = 1; s < streams; ++s) {
      --pairs[symbols[s * each - 1] * symbols_ + symbols[s * each]];
      ++pairs[symbols[s * each]];  // class 0 at the start
    }
    std::vector<Group> groups;
    uint64_t held = 0;
    for (size_t before = 0; before < symbols_; ++before) {
      const auto row = std::span(pairs).subspan(before * symbols_, symbols_);
      uint64_t total = 0;
      for (uint32_t c : row) total += c;
      if (groups.empty() || held >= symbols.size() / kMostGroups) {
        groups.push_back({before, std::vector<uint32_t>(symbols_), 0});
        held = 0;
      }
      held += total;
      for (size_t s = 0; s < symbols_; ++s) groups.back().counts[s] += row[s];
    }
    if (groups.size() > 1 && held < symbols.size() / kMostGroups) {
      join(groups[groups.size() - 2].counts, groups.back().counts);
      groups.pop_back();
    }
    for (Group& g : groups) g.cost = class_cost(g.counts);
    groups = join_groups(std::move(groups));
    for (size_t g = 0; g < groups.size(); ++g) {
      if (g > 0) thresholds_.push_back(static_cast<uint8_t>(groups[g].first));
      add_class(groups[g].counts);
    }
    for (size_t s = 0; s < symbols_; ++s)
      class_of_[s] =
          static_cast<uint8_t>(std::upper_bound(thresholds_.begin(), thresholds_.end(), s) - thresholds_.begin());
    description_bits_ += 8 * thresholds_.size();
  }
  // A state holds 24 to 56 bits, which all take 56: of its own information, and of 24 bits that say nothing.
  constexpr uint64_t kState = 8 * SymbolRans::kStateBytes;
  const uint64_t information = data_bits_ >> 16;
  data_bits_ = streams == 1 ? kState + information / SymbolRans::kWordBits * SymbolRans::kWordBits
                            : std::max(streams * kState,
                                       information + streams * (SymbolRans::kLowestBits + SymbolRans::kWordBits / 2));
}

void SymbolEncoder::write_description(BitWriter& out) const {
  out.put(static_cast<uint32_t>(symbols_ - 1), 8);
  if (symbols_ == 1) return;
  out.put(static_cast<uint32_t>(thresholds_.size()), 3);
  for (uint8_t t : thresholds_) out.put(t, 8);
  for (const Class& c : classes_) {
    out.put(c.fine, 2);
    for_each_step(
        std::span(c.steps).first(symbols_),
        [&](uint64_t v) {
          out.put_gamma((v >> c.fine) + 1);
          out.put(static_cast<uint32_t>(v), c.fine);
        },
        [&](size_t run) {
          out.put_gamma(1);
          out.put(0, c.fine);
          out.put_gamma(run);
        });
  }
}

// From the last symbol to the first, which is how a decoder gets them in order; words are written from the back.
void SymbolEncoder::encode(std::span<const uint8_t> symbols, std::vector<std::byte>& out) const {
  if (symbols_ == 1) return;
  struct Entry {
    uint64_t reciprocal;  // floor(2^64 / frequency), at most 2^64 - 1
    uint32_t frequency, start;
  };
  std::vector<Entry> entries(classes_.size() * kMost);
  for (size_t c = 0; c < classes_.size(); ++c) {
    for (size_t s = 0; s < symbols_; ++s) {
      const uint32_t f = classes_[c].frequencies[s];
      if (f != 0) entries[c * kMost + s] = {f == 1 ? ~uint64_t{0} : ~uint64_t{0} / f, f, classes_[c].starts[s]};
    }
  }
  std::array<const Entry*, kMost> entries_after;
  for (size_t s = 0; s < symbols_; ++s) entries_after[s] = entries.data() + class_of_[s] * kMost;

  const size_t streams = SymbolRans::streams(symbols.size()), each = SymbolRans::each(symbols.size());
  std::vector<uint32_t> words(symbols.size() / 2 + 1);  // one per two symbols is the most
  uint32_t* word = words.data() + words.size();
  std::array<uint64_t, SymbolRans::kManyStreams> state;
  state.fill(SymbolRans::kLowest);
  const auto entry_at = [&](size_t at, bool first) -> const Entry& {
    return (first ? entries.data() : entries_after[symbols[at - 1]])[symbols[at]];
  };
  const auto make_room = [&](uint64_t& x, uint64_t frequency, unsigned bits) {
    const unsigned high = x >> (8 * SymbolRans::kStateBytes - bits) >= frequency ? 1 : 0;
    word[-1] = static_cast<uint32_t>(x);  // there is room: words are fewer than the turns that are left
    word -= high;
    x >>= SymbolRans::kWordBits * high;
  };
  const auto put = [](uint64_t& x, const Entry& e) {
    auto quotient = static_cast<uint64_t>((static_cast<unsigned __int128>(x) * e.reciprocal) >> 64);
    uint64_t remainder = x - quotient * e.frequency;
    const bool short_by_one = remainder >= e.frequency;
    quotient += short_by_one ? 1 : 0;
    remainder -= short_by_one ? e.frequency : 0;
    x = (quotient << SymbolRans::kBits) + remainder + e.start;
  };
  const auto put_two = [&](uint64_t& x, size_t at, bool first) {
    const Entry &a = entry_at(at, first), &b = entry_at(at + 1, false);
    make_room(x, uint64_t{a.frequency} * b.frequency, 2 * SymbolRans::kBits);
    put(x, b);
    put(x, a);
  };
  size_t at = symbols.size();
  uint64_t& last = state[streams - 1];
  if (at % 2 != 0) {
    const Entry& e = entry_at(at - 1, at == 1);
    make_room(last, e.frequency, SymbolRans::kBits);
    put(last, e);
    --at;
  }
  for (; at > streams * each; at -= 2) put_two(last, at - 2, false);
  for (size_t i = each; i > 0; i -= 2)
    for (size_t s = streams; s-- > 0;) put_two(state[s], s * each + i - 2, i == 2);

  const size_t words_size = static_cast<size_t>(words.data() + words.size() - word) * 4;
  size_t to = out.size();
  out.resize(to + streams * SymbolRans::kStateBytes + words_size);
  for (size_t s = 0; s < streams; ++s, to += SymbolRans::kStateBytes)
    std::memcpy(out.data() + to, &state[s], SymbolRans::kStateBytes);
  if (words_size > 0) std::memcpy(out.data() + to, word, words_size);
}

}  // namespace pare
