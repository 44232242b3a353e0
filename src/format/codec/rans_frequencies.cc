// Frequencies of a class from its slopes, in integers: every machine must get the same.
#include "format/codec/rans.h"

namespace pare {

namespace {

// round(2^30 * 2^(-2^b / 256)) for b = 0..7; their products give 2^(-i / 256).
constexpr std::array<uint64_t, 8> kRoots = {1070838486, 1067942999, 1062175491, 1050733751,
                                            1028218693, 984625594,  902905651,  759250125};

constexpr std::array<uint32_t, 256> make_powers() {
  std::array<uint32_t, 256> powers{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint64_t value = uint64_t{1} << 30;
    for (uint32_t b = 0; b < 8; ++b)
      if (i >> b & 1) value = value * kRoots[b] >> 30;
    powers[i] = static_cast<uint32_t>(value);
  }
  return powers;
}
constexpr std::array<uint32_t, 256> kPowers = make_powers();

// 2^(30 - excess / 256), rounded down.
uint64_t weight_of(int64_t excess) {
  const int64_t octaves = excess >> 8;
  return octaves > 30 ? 0 : kPowers[static_cast<size_t>(excess & 255)] >> octaves;
}

// In 1/256 bit.
int64_t energy(const RansRecipe& r, const std::array<int32_t, kRansSlopes>& slope, int32_t symbol) {
  const int64_t magnitude = symbol < 0 ? -symbol : symbol;
  const int64_t sign = symbol < 0 ? -1 : symbol > 0 ? 1 : 0;
  int64_t e = r.histogram ? int64_t{r.energies[static_cast<size_t>(symbol - r.lowest)]} << (8 - r.energy_precision) : 0;
  e += int64_t{16} * slope[0] * (symbol == 0 ? 1 : 0);
  e += (int64_t{16} * slope[1] * magnitude) >> r.unit;
  e += (int64_t{16} * slope[2] * magnitude * magnitude) >> (2 * r.unit);
  e += (int64_t{16} * slope[3] * symbol) >> r.unit;
  e += int64_t{16} * slope[4] * sign;
  return e;
}

}  // namespace

RansFrequencies rans_frequencies(const RansRecipe& r, unsigned index) {
  const uint32_t symbols = r.symbols();
  const auto absent = [&](uint32_t i) { return r.histogram && r.energies[i] == kRansAbsent; };
  std::array<int64_t, kRansMostSymbols> energies{};
  int64_t least = INT64_MAX;
  for (uint32_t i = 0; i < symbols; ++i) {
    energies[i] = energy(r, r.slopes[index], r.lowest + static_cast<int32_t>(i));
    if (!absent(i)) least = std::min(least, energies[i]);
  }
  std::array<uint64_t, kRansMostSymbols + 1> weights{};
  uint64_t total = 0;
  for (uint32_t i = 0; i < symbols; ++i)
    if (!absent(i)) total += weights[i] = weight_of(energies[i] - least);

  // What is too rare for half a slot shares the escape.
  std::array<bool, kRansMostSymbols + 1> kept{};
  uint64_t count = 0;
  for (uint32_t i = 0; i < symbols; ++i) {
    kept[i] = !absent(i) && !(r.escapes && weights[i] << (kRansSlotBits + 1) < total);
    if (kept[i]) {
      ++count;
    } else {
      weights[kRansEscape] += weights[i];
    }
  }
  if (r.escapes) {
    kept[kRansEscape] = true;
    ++count;
  }
  // Nothing that is kept may end with less than one slot; at this least weight, nothing does.
  const uint64_t floor = (total * (kRansSlots + 2 * count) >> (2 * kRansSlotBits)) + 1;
  total = 0;
  for (uint32_t i = 0; i <= kRansEscape; ++i)
    if (kept[i]) total += weights[i] = std::max(weights[i], floor);
  RansFrequencies slots{};
  uint64_t sum = 0, start = 0;
  for (uint32_t i = 0; i <= kRansEscape; ++i) {
    if (!kept[i]) continue;
    sum += weights[i];
    const uint64_t end = (sum << kRansSlotBits) / total;
    slots[i] = static_cast<uint16_t>(end - start);
    start = end;
  }
  return slots;
}

}  // namespace pare
