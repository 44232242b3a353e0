// The context codec: round trips of every edge, honest costs, sparse tensors at the combinatorial floor, broken input,
// and SIMD against its scalar twin.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "format/codec/codec.h"
#include "format/codec/context.h"
#include "format/codec/rate.h"

namespace pare {
namespace {

const Encoder& encoder() { return *find_encoder("context"); }
const Decoder& decoder() { return *find_decoder(4); }

TensorInfo info_of(Shape shape, int32_t low, int32_t high, int32_t zero = 0) {
  return {Payload::levels, DType::i32, std::move(shape), low, high, zero};
}
std::vector<std::byte> encode(const TensorInfo& info, const std::vector<int32_t>& levels) {
  std::vector<std::byte> out;
  encoder().encode(info, levels, {}, out);
  return out;
}
size_t check_round_trip(const TensorInfo& info, const std::vector<int32_t>& levels) {
  const auto coded = encode(info, levels);
  std::vector<int32_t> decoded(levels.size(), 99);
  const Status status = decoder().levels(info, coded, decoded);
  EXPECT_TRUE(status.ok()) << status.what() << " at " << status.at();
  EXPECT_EQ(decoded, levels);
  const double bits = static_cast<double>(coded.size()) * 8;
  EXPECT_NEAR(static_cast<double>(encoder().estimate_bits(info, levels, {})), bits, std::max(32.0, bits / 100));
  return coded.size();
}
int64_t count_of(const Shape& shape) {
  int64_t count = 1;
  for (int64_t d : shape) count *= d;
  return count;
}
// Filters whose neighbouring taps resemble each other, as trained ones do.
std::vector<int32_t> smooth(size_t count, double spread, uint32_t seed, double density = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, spread);
  std::vector<int32_t> levels(count);
  double last = 0;
  for (int32_t& level : levels) {
    last = 0.6 * last + normal(random);
    if (random() < density * 4294967296.0) level = static_cast<int32_t>(std::clamp(std::lround(last), -128L, 127L));
  }
  return levels;
}

TEST(Context, ComesBackFromEveryShape) {
  for (const Shape& shape : std::vector<Shape>{{},
                                               {0},
                                               {1},
                                               {2},
                                               {7},
                                               {300},
                                               {1, 300},
                                               {300, 1},
                                               {3, 0, 2},
                                               {20, 30},
                                               {8, 4, 3},
                                               {8, 4, 3, 3},
                                               {1, 6, 5, 5},
                                               {6, 1, 3, 3},
                                               {4, 3, 2, 3, 2},
                                               {2, 1, 1, 1},
                                               {1, 1, 1, 1, 1}}) {
    const auto count = static_cast<size_t>(count_of(shape));
    for (double spread : {0.3, 3.0, 30.0})
      for (double density : {0.1, 1.0})
        check_round_trip(info_of(shape, -128, 127), smooth(count, spread, static_cast<uint32_t>(count), density));
  }
}

TEST(Context, ComesBackFromEveryRange) {
  std::mt19937 random(5);
  for (unsigned bits = 1; bits <= 32; ++bits) {
    const auto low = static_cast<int32_t>(-(int64_t{1} << (bits - 1)));
    const auto high = static_cast<int32_t>((int64_t{1} << (bits - 1)) - 1);
    for (int32_t zero : {std::clamp(0, low, high), low, high, std::max(low, INT32_MIN + 1) - 1}) {
      std::vector<int32_t> uniform(400), extremes(50);
      for (int32_t& l : uniform) l = static_cast<int32_t>(low + static_cast<int64_t>(random() % (uint64_t{1} << bits)));
      for (int32_t& l : extremes) l = random() % 2 == 0 ? low : high;
      check_round_trip(info_of({20, 20}, low, high, zero), uniform);
      check_round_trip(info_of({50}, low, high, zero), extremes);
    }
  }
}

TEST(Context, ConstantTensorsTakeAFewBytes) {
  EXPECT_LE(check_round_trip(info_of({1000, 1000}, -8, 7), std::vector<int32_t>(1000000)), 3U);
  EXPECT_LE(check_round_trip(info_of({1000, 10}, -8, 7), std::vector<int32_t>(10000, -5)), 60U);
  EXPECT_LE(check_round_trip(info_of({1}, -8, 7), {3}), 12U);
  EXPECT_EQ(check_round_trip(info_of({0}, -8, 7), {}), 0U);
}

TEST(Context, LargeTensorsUseBothModes) {
  std::mt19937 random(3);
  std::vector<int32_t> independent(200000);
  for (int32_t& l : independent) l = random() % 10 == 0 ? static_cast<int32_t>(random() % 7) - 3 : 0;
  check_round_trip(info_of({400, 500}, -8, 7), independent);
  const auto filters = smooth(200000, 3, 4);
  std::array<double, 256> counts{};
  for (int32_t l : filters) ++counts[static_cast<size_t>(l + 128)];
  double entropy = 0;
  for (double c : counts)
    if (c > 0) entropy += c * std::log2(static_cast<double>(filters.size()) / c);
  EXPECT_LT(static_cast<double>(check_round_trip(info_of({400, 500}, -128, 127), filters)) * 8, 0.94 * entropy)
      << "neighbours must help";
}

// Independent masks: what significance costs is n H(p), that is H(p) / p per survivor. Printed with --verbose:
// density, bits per survivor, H(p) / p.
TEST(Context, SparseTensorsReachTheCombinatorialFloor) {
  std::mt19937 random(11);
  for (double density : {0.5, 0.2, 0.1, 0.05, 0.02, 0.01}) {
    std::vector<int32_t> mask(1000000);
    double kept = 0;
    for (int32_t& l : mask) kept += l = random() < density * 4294967296.0 ? 1 : 0;
    const double n = static_cast<double>(mask.size()), p = kept / n;
    const double floor = -n * (p * std::log2(p) + (1 - p) * std::log2(1 - p));
    const double bits = static_cast<double>(check_round_trip(info_of({1000, 1000}, 0, 1), mask)) * 8;
    EXPECT_LT(bits, 1.01 * floor) << density;
    std::printf("density %.2f: %.3f bits per survivor, floor H(p)/p %.3f\n", density, bits / kept, floor / kept);
  }
}

TEST(Context, RatesSumUpToTheCodedSize) {
  std::mt19937 random(17);
  std::vector<int32_t> independent(100000);
  for (int32_t& l : independent) l = random() % 10 == 0 ? 1 : 0;
  const std::vector<std::pair<TensorInfo, std::vector<int32_t>>> cases = {
      {info_of({64, 32, 3, 3}, -128, 127), smooth(18432, 12, 1)},
      {info_of({64, 32, 3, 3}, -128, 127), smooth(18432, 25, 3)},
      {info_of({64, 32, 3, 3}, -128, 127), smooth(18432, 2, 2, 0.1)},
      {info_of({10}, -128, 127), smooth(10, 2, 2)},
      {info_of({100, 1000}, 0, 1), independent},
      {info_of({40}, 0, 1), std::vector<int32_t>(40)},
  };
  for (const auto& [info, levels] : cases) {
    const auto model = encoder().rate_model(info, levels);
    double bits = model->fixed_bits();
    for (int32_t level : levels) {
      const double cost = model->bits(level);
      for (int32_t other = std::max(info.low, level - 1); other <= std::min(info.high, level + 1); ++other) {
        EXPECT_GE(model->bits(other), 0);
        EXPECT_TRUE(std::isfinite(model->bits(other)));
      }
      EXPECT_EQ(cost, model->bits(level)) << "asking changes nothing";
      model->commit(level);
      bits += cost;
    }
    const double coded = static_cast<double>(encode(info, levels).size()) * 8;
    EXPECT_NEAR(bits, coded, std::max(32.0, coded / 100));
  }
}

TEST(Context, RatesTakeLevelsThatTheFirstGuessLacks) {
  const TensorInfo info = info_of({20, 20}, INT32_MIN, INT32_MAX);
  std::vector<int32_t> guess(400);
  for (size_t i = 0; i < guess.size(); i += 7) guess[i] = i % 2 == 0 ? 5 : -9;
  const auto model = encoder().rate_model(info, guess);
  for (int32_t level : {0, 1, 2, 3, 4, 5, 6, 1000, INT32_MAX, -1, -9, -10, INT32_MIN}) {
    EXPECT_TRUE(std::isfinite(model->bits(level)));
    model->commit(level);
  }
}

// What the encoder would write if it chose these parameters.
template <class Model>
std::vector<std::byte> encode_with(ContextParameters p, const TensorInfo& info, const std::vector<int32_t>& levels) {
  std::vector<std::byte> out;
  BinaryRangeEncoder coder(out);
  const ContextGeometry geometry(info.shape, levels.size());
  code_parameters(coder, geometry, p);
  Model model(geometry, p);
  for (int32_t level : levels) {
    const int64_t value = int64_t{level} - info.zero;
    model.prepare();
    model.template code<true>(coder, value);
    model.commit(value);
  }
  coder.finish();
  return out;
}
ContextParameters parameters_of(const TensorInfo& info, const std::vector<int32_t>& levels, bool zero_first) {
  ContextParameters p;
  p.zero_first = zero_first;
  p.mean_coefficients = kDefaultMeans;
  uint64_t sum = 0, nonzero = 0;
  for (int32_t level : levels) {
    const int64_t value = int64_t{level} - info.zero;
    p.lowest = std::min(p.lowest, value);
    p.highest = std::max(p.highest, value);
    sum += static_cast<uint64_t>(value < 0 ? -value : value);
    nonzero += value != 0 ? 1 : 0;
  }
  p.mean = static_cast<uint32_t>(std::min<int>(log_scale((sum << 12) / levels.size()), kMostMean));
  if (zero_first) p.nonzero_mean = static_cast<uint32_t>(std::min<int>(log_scale((sum << 12) / nonzero), kMostMean));
  p.value_taps.add({1, 30});
  return p;
}

TEST(Context, EveryModeHoldsEveryTensor) {
  const auto positive = [](std::vector<int32_t> levels) {
    for (int32_t& l : levels) l = l < 0 ? -l : l;
    return levels;
  };
  auto wide = smooth(1800, 30, 9);
  for (int32_t& l : wide) l *= 10007;
  const std::vector<std::pair<TensorInfo, std::vector<int32_t>>> cases = {
      {info_of({50, 4, 3, 3}, -128, 127), smooth(1800, 20, 5)},
      {info_of({50, 4, 3, 3}, -128, 127), smooth(1800, 20, 6, 0.2)},
      {info_of({40, 50}, -128, 127, 3), smooth(2000, 1, 7)},
      {info_of({1800}, 0, 127), positive(smooth(1800, 10, 8))},
      {info_of({200, 9}, -2000000, 2000000), wide},
  };
  for (const auto& [info, levels] : cases)
    for (bool zero_first : {false, true})
      for (auto mode : {ContextMode::direct, ContextMode::mix, ContextMode::select}) {
        ContextParameters p = parameters_of(info, levels, zero_first);
        p.mode = mode;
        auto coded = mode == ContextMode::direct ? encode_with<DirectModel>(p, info, levels)
                     : mode == ContextMode::mix  ? encode_with<MixModel>(p, info, levels)
                                                 : encode_with<SelectModel>(p, info, levels);
        std::vector<int32_t> decoded(levels.size());
        ASSERT_TRUE(decoder().levels(info, coded, decoded).ok());
        EXPECT_EQ(decoded, levels);
        for (size_t n = 0; n < coded.size(); n += 7)
          EXPECT_FALSE(decoder().levels(info, std::span(coded).first(n), decoded).ok());
        for (size_t bit = 0; bit < std::min<size_t>(coded.size(), 40) * 8; ++bit) {
          coded[bit / 8] ^= std::byte{1} << (bit % 8);
          const bool fine = decoder().levels(info, coded, decoded).ok();
          for (int32_t level : decoded) ASSERT_TRUE(!fine || (level >= info.low && level <= info.high));
          coded[bit / 8] ^= std::byte{1} << (bit % 8);
        }
      }
}

TEST(Context, DenseTensorsOfManyLevelsAreCodedBySelection) {
  const auto mode_of = [](const std::vector<std::byte>& coded) {
    return static_cast<ContextMode>(BinaryRangeDecoder(coded).raw(2));
  };
  const TensorInfo info = info_of({400, 500}, -128, 127);
  const auto dense = smooth(200000, 20, 4);
  EXPECT_EQ(mode_of(encode(info, dense)), ContextMode::select);
  ContextParameters p = parameters_of(info, dense, false);
  p.mode = ContextMode::mix;
  EXPECT_LT(static_cast<double>(check_round_trip(info, dense)),
            1.02 * static_cast<double>(encode_with<MixModel>(p, info, dense).size()));
  EXPECT_NE(mode_of(encode(info, smooth(200000, 20, 4, 0.2))), ContextMode::select);
  EXPECT_NE(mode_of(encode(info, smooth(200000, 3, 4))), ContextMode::select);
}

TEST(Context, BrokenBytesGiveErrorsOrLevelsInRange) {
  for (double density : {0.1, 1.0}) {
    const TensorInfo info = info_of({16, 8, 3, 3}, -128, 127);
    const auto levels = smooth(1152, 8, 21, density);
    auto coded = encode(info, levels);
    std::vector<int32_t> out(levels.size());
    for (size_t n = 0; n < coded.size(); ++n) {
      const Status status = decoder().levels(info, std::span(coded).first(n), out);
      EXPECT_FALSE(status.ok()) << n;
    }
    for (size_t bit = 0; bit < coded.size() * 8; ++bit) {
      coded[bit / 8] ^= std::byte{1} << (bit % 8);
      const bool fine = decoder().levels(info, coded, out).ok();
      for (int32_t level : out) ASSERT_TRUE(!fine || (level >= info.low && level <= info.high));
      coded[bit / 8] ^= std::byte{1} << (bit % 8);
    }
  }
}

TEST(Context, TablesOfTheLogisticFunction) {
  for (int x = -kMostStretch; x <= kMostStretch; ++x) {
    EXPECT_NEAR(squash(x), 65536 / (1 + std::exp(-x / 256.0)), 1.1);
    EXPECT_NEAR(softplus(x), 256 * std::log1p(std::exp(x / 256.0)), 1.1);
    if (x > 0) {
      EXPECT_NEAR(log_gap(x), -256 * std::log(1 - std::exp(-x / 256.0)), 1.1);
    }
  }
  for (uint32_t p = 256; p < 65280; ++p) EXPECT_NEAR(stretch(p), 256 * std::log(p / (65536.0 - p)), 5) << p;
}

TEST(Context, RegistersComputeWhatTheScalarTwinDoes) {
  std::mt19937 random(23);
  std::array<Counter, 40> counters, twins;
  Mixer mixer, twin;
  ExtraWeights extra, extra_twin;
  mixer.weights = twin.weights = {kOneWeight / 4, -kOneWeight / 3, kOneWeight * 9, -kOneWeight * 9, kOneWeight / 2};
  for (int round = 0; round < 200000; ++round) {
    std::array<size_t, 4> at;
    for (size_t i = 0; i < 4; ++i) at[i] = i * 10 + random() % 10;
    const auto known = static_cast<int16_t>(static_cast<int>(random() % 6145) - 3072);
    const auto prior = static_cast<int16_t>(static_cast<int>(random() % 4001) - 2000);
    Prediction fast(&counters[at[0]], &counters[at[1]], &counters[at[2]], &counters[at[3]], known, prior);
    ScalarPrediction slow(&twins[at[0]], &twins[at[1]], &twins[at[2]], &twins[at[3]], known, prior);
    const uint32_t p = fast.probability(mixer, extra);
    ASSERT_EQ(p, slow.probability(twin, extra_twin));
    ASSERT_TRUE(p >= 1 && p <= 65535);
    const bool bit = random() % 65536 < (round % 3000 < 1000 ? 65000U : static_cast<uint32_t>(known + 3072) * 10);
    fast.learn(mixer, extra, bit, p);
    slow.learn(twin, extra_twin, bit, p);
    ASSERT_EQ(mixer.weights, twin.weights);
    ASSERT_EQ(extra.weights, extra_twin.weights);
    for (size_t i : at) {
      ASSERT_EQ(counters[i].probability, twins[i].probability);
      ASSERT_EQ(counters[i].rate, twins[i].rate);
      ASSERT_EQ(counters[i].stretched, twins[i].stretched);
    }
  }
}

}  // namespace
}  // namespace pare
