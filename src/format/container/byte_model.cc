#include "format/container/byte_model.h"

#include <algorithm>
#include <bit>

#include "format/container/structure_sample.h"

namespace pare {

namespace {

constexpr int32_t kLimit = 2047;  // of the logistic domain: 8 fractional bits, so +-8
constexpr uint32_t kMostCount = 30;
constexpr int kLearning = 14;  // a larger number learns slower
constexpr int32_t kFirstWeight = 1 << 14;
constexpr uint32_t kLeast = 32;  // probabilities stay between this and 65536 less this

// 65536 / (1 + e^-x) for x = -8, -7.5 ... 8, rounded.
constexpr std::array<uint16_t, 33> kLogistic = {22,    36,    60,    98,    162,   267,   439,   720,   1179,
                                                1921,  3108,  4971,  7812,  11955, 17625, 24743, 32768, 40793,
                                                47911, 53581, 57724, 60565, 62428, 63615, 64357, 64816, 65097,
                                                65269, 65374, 65438, 65476, 65500, 65514};

// x in 1/256 -> probability in 1/65536.
constexpr uint32_t squash(int32_t x) {
  const auto at = static_cast<uint32_t>(std::clamp(x, -kLimit, kLimit) + 2048);
  const uint32_t low = kLogistic[at / 128], high = kLogistic[at / 128 + 1];
  return low + (high - low) * (at % 128) / 128;
}

// The inverse: for each probability in 1/4096, the least x that squash takes to it or above.
struct Stretch {
  std::array<int16_t, 4096> of;
  constexpr Stretch() : of() {
    int32_t x = -kLimit;
    for (uint32_t p = 0; p < 4096; ++p) {
      while (x < kLimit && squash(x) < p * 16) ++x;
      of[p] = static_cast<int16_t>(x);
    }
  }
};
const Stretch kStretch;

// How many bytes each context looks at.
constexpr std::array<unsigned, 7> kLengths = {0, 1, 2, 3, 4, 6, 8};

}  // namespace

ByteModel::ByteModel(uint64_t bytes)
    : table_bits_(std::clamp(static_cast<unsigned>(std::bit_width(bytes)) + 4, 16U, 18U)),
      slots_(kOrders << table_bits_) {
  for (auto& set : weights_)
    for (auto& weights : set) weights.fill(kFirstWeight);
  end_byte();
  for (const uint8_t byte : kStructureSample) {
    for (unsigned i = 8; i-- > 0;) {
      (void)predict();
      update(byte >> i & 1U);
    }
  }
}

uint32_t ByteModel::predict() {
  size_t known = 0;  // contexts that were met before; the one of no bytes does not count
  for (size_t i = 0; i < kOrders; ++i) {
    const uint32_t hash = (hash_[i] + partial_) * 0x9E3779B1U;
    at_[i] = &slots_[(i << table_bits_) + (hash >> (32 - table_bits_))];
    known += i > 0 && at_[i]->count > 0 ? 1 : 0;
  }
  int64_t sum = 0;
  for (size_t i = 0; i < kOrders; ++i) {
    const uint32_t count = at_[i]->count;
    stretched_[i] = kStretch.of[at_[i]->probability >> 4];
    weight_[i] =
        &weights_[known][i][std::min<size_t>(count < 4 ? count : std::bit_width(count) + 1U, kConfidences - 1)];
    sum += int64_t{*weight_[i]} * stretched_[i];
  }
  mixed_ = squash(static_cast<int32_t>(std::clamp<int64_t>(sum >> 16, -kLimit, kLimit)));
  return std::clamp(mixed_, kLeast, 65536 - kLeast);
}

void ByteModel::update(uint32_t bit) {
  const int64_t error = (bit != 0 ? 65535 : 0) - static_cast<int64_t>(mixed_);
  for (size_t i = 0; i < kOrders; ++i) {
    const int64_t weight = *weight_[i] + ((error * stretched_[i]) >> kLearning);
    *weight_[i] = static_cast<int32_t>(std::clamp<int64_t>(weight, -(1 << 20), 1 << 20));
    Slot& slot = *at_[i];
    const uint32_t miss = bit != 0 ? 65535U - slot.probability : slot.probability;
    const uint32_t step = 2 * miss / (2U * slot.count + 3);
    slot.probability = static_cast<uint16_t>(bit != 0 ? slot.probability + step : slot.probability - step);
    if (slot.count < kMostCount) ++slot.count;
  }
  partial_ = partial_ << 1 | bit;
  if (partial_ >= 256) end_byte();
}

void ByteModel::end_byte() {
  history_ = history_ << 8 | (partial_ & 255);
  partial_ = 1;
  for (size_t i = 0; i < kOrders; ++i) {
    const uint64_t seen = kLengths[i] == 0 ? 0 : history_ & (~uint64_t{0} >> (64 - 8 * kLengths[i]));
    uint32_t hash = static_cast<uint32_t>(seen) * 0x85EBCA6BU;
    hash = (hash ^ (hash >> 15) ^ static_cast<uint32_t>(seen >> 32)) * 0xC2B2AE35U;
    hash_[i] = (hash ^ (hash >> 13)) << 8;
  }
}

}  // namespace pare
