#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "format/bits.h"
#include "format/bytes.h"
#include "format/container/tables.h"

namespace pare {

namespace {

void put_wide(BitWriter& out, uint64_t value, unsigned width) {
  if (width > 32) out.put(static_cast<uint32_t>(value >> 32), width - 32);
  out.put(static_cast<uint32_t>(value), std::min(width, 32U));
}
unsigned number_bits(int64_t number) { return 6 + static_cast<unsigned>(std::bit_width(zigzag(number))); }
void put_number(BitWriter& out, int64_t number) {
  const auto width = static_cast<unsigned>(std::bit_width(zigzag(number)));
  out.put(width, 6);
  put_wide(out, zigzag(number), width);
}

struct SequencePlan {
  Sequence kind = Sequence::same;
  unsigned width = 0;
  int64_t first = 0;
  uint64_t bits = 0;
};

uint64_t step_of(Sequence kind, int64_t before, int64_t number) {
  return kind == Sequence::rises ? static_cast<uint64_t>(number - before) : zigzag(number - before);
}

// The description of the fewest bits.
SequencePlan plan_sequence(std::span<const int64_t> numbers) {
  const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
  SequencePlan best;
  best.first = numbers.front();
  best.bits = 2 + number_bits(best.first);
  if (*low == *high) return best;
  best.kind = Sequence::range;
  best.first = *low;
  best.width = static_cast<unsigned>(std::bit_width(static_cast<uint64_t>(*high - *low)));
  if (best.width > 32)
    best.bits = UINT64_MAX;  // cannot be said
  else
    best.bits = 2 + number_bits(*low) + 6 + numbers.size() * best.width;
  const bool rising = std::is_sorted(numbers.begin(), numbers.end());
  const Sequence kind = rising ? Sequence::rises : Sequence::steps;
  uint64_t of_width[33] = {};  // bits of all differences
  for (size_t i = 1; i < numbers.size(); ++i) {
    const uint64_t step = step_of(kind, numbers[i - 1], numbers[i]);
    for (unsigned width = 0; width <= 32; ++width) of_width[width] += gamma_bits((step >> width) + 1) + width;
  }
  const auto width = static_cast<unsigned>(std::min_element(of_width, of_width + 33) - of_width);
  const uint64_t bits = 2 + number_bits(numbers.front()) + 6 + of_width[width];
  return bits < best.bits ? SequencePlan{kind, width, numbers.front(), bits} : best;
}

void put_sequence(BitWriter& out, const SequencePlan& plan, std::span<const int64_t> numbers) {
  out.put(static_cast<uint32_t>(plan.kind), 2);
  put_number(out, plan.first);
  if (plan.kind == Sequence::same) return;
  out.put(plan.width, 6);
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (plan.kind == Sequence::range) {
      out.put(static_cast<uint32_t>(numbers[i] - plan.first), plan.width);
    } else if (i > 0) {
      const uint64_t step = step_of(plan.kind, numbers[i - 1], numbers[i]);
      out.put_gamma((step >> plan.width) + 1);
      out.put(static_cast<uint32_t>(step), plan.width);
    }
  }
}

bool is_negative_zero(float v) { return std::bit_cast<uint32_t>(v) == 1U << 31; }

struct Numbers {
  unsigned parameter = 0;  // exponent or dropped bits
  std::vector<int64_t> list;
};

// All values as integers of at most 24 bits with one exponent.
std::optional<Numbers> as_integers(std::span<const float> values) {
  int least = 277;  // of the lowest bit that is set in any value
  for (const float v : values) {
    if (!std::isfinite(v) || is_negative_zero(v)) return std::nullopt;
    const uint32_t bits = std::bit_cast<uint32_t>(v) & 0x7FFFFFFFU;
    if (bits == 0) continue;
    const uint32_t exponent = bits >> 23, mantissa = (bits & 0x7FFFFFU) | (exponent != 0 ? 1U << 23 : 0U);
    least = std::min(least, std::countr_zero(mantissa) + static_cast<int>(std::max(exponent, 1U)) - 1);
  }
  Numbers n;
  n.parameter = static_cast<unsigned>(least == 277 ? kExponentBias : least);
  for (const float v : values) {
    const float number = std::ldexp(v, kExponentBias - static_cast<int>(n.parameter));
    if (!(std::abs(number) < 0x1p24F)) return std::nullopt;
    n.list.push_back(static_cast<int64_t>(number));
  }
  return n;
}

std::optional<Numbers> as_ordered(std::span<const float> values) {
  Numbers n;
  uint32_t all = 0;
  for (const float v : values) {
    if (is_negative_zero(v)) return std::nullopt;
    all |= std::bit_cast<uint32_t>(v) & 0x7FFFFFFFU;
  }
  n.parameter = all == 0 ? 0 : static_cast<unsigned>(std::countr_zero(all));
  for (const float v : values) n.list.push_back(ordered_of(std::bit_cast<uint32_t>(v)) / (int64_t{1} << n.parameter));
  return n;
}

void put_reals(BitWriter& out, std::span<const float> values) {
  if (values.empty()) return;
  struct Choice {
    NumberKind kind;
    unsigned parameter_bits;
    std::optional<Numbers> numbers;
  };
  const Choice choices[] = {{NumberKind::integers, 9, as_integers(values)},
                            {NumberKind::ordered, 5, as_ordered(values)}};
  const Choice* best = nullptr;
  SequencePlan best_plan;
  uint64_t fewest = uint64_t{32} * values.size();
  for (const Choice& choice : choices) {
    if (!choice.numbers) continue;
    const SequencePlan plan = plan_sequence(choice.numbers->list);
    if (plan.bits == UINT64_MAX || plan.bits + choice.parameter_bits >= fewest) continue;
    best = &choice, best_plan = plan, fewest = plan.bits + choice.parameter_bits;
  }
  if (!best) {
    out.put(static_cast<uint32_t>(NumberKind::plain), 2);
    for (const float v : values) out.put(std::bit_cast<uint32_t>(v), 32);
    return;
  }
  out.put(static_cast<uint32_t>(best->kind), 2);
  out.put(best->numbers->parameter, best->parameter_bits);
  put_sequence(out, best_plan, best->numbers->list);
}

}  // namespace

std::vector<std::byte> encode_tables(const Grid& grid) {
  std::vector<std::byte> bytes;
  BitWriter out(bytes);
  put_reals(out, grid.codebook);
  put_reals(out, grid.scale);
  if (!grid.zero_point.empty()) {
    const std::vector<int64_t> numbers(grid.zero_point.begin(), grid.zero_point.end());
    put_sequence(out, plan_sequence(numbers), numbers);
  }
  out.finish();
  return bytes;
}

}  // namespace pare
