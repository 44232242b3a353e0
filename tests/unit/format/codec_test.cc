// Every codec on every list against the same demands: exact round trip, honest estimates, no harm from broken input.
#include "format/codec/codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace pare {
namespace {

struct Case {
  std::string name;
  TensorInfo info;
  std::vector<int32_t> levels;
  std::vector<std::byte> bytes;
};

Case level_case(std::string name, Shape shape, int32_t low, int32_t high, std::vector<int32_t> levels) {
  Case c{std::move(name), {}, std::move(levels), {}};
  c.info = {.payload = Payload::levels,
            .dtype = DType::i32,
            .shape = std::move(shape),
            .low = low,
            .high = high,
            .zero = low <= 0 && high >= 0 ? 0 : low - (low > INT32_MIN)};
  return c;
}

template <class T>
Case byte_case(std::string name, DType type, const std::vector<T>& values) {
  Case c{std::move(name), {}, {}, {}};
  c.info.dtype = type;
  c.info.shape = {static_cast<int64_t>(values.size())};
  c.bytes.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(c.bytes.data(), values.data(), c.bytes.size());
  return c;
}

std::vector<int32_t> sparse(size_t count, double density, int32_t low, int32_t high, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int32_t> levels(count);
  for (int32_t& l : levels)
    if (random() < density * 4294967296.0)
      l = static_cast<int32_t>(low + static_cast<int64_t>(random() % static_cast<uint64_t>(int64_t{high} - low + 1)));
  return levels;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back(level_case("empty", {0}, -8, 7, {}));
  all.push_back(level_case("empty matrix", {3, 0}, -8, 7, {}));
  all.push_back(level_case("scalar", {}, -8, 7, {5}));
  all.push_back(level_case("one level", {1}, 0, 0, {0}));
  all.push_back(level_case("all zero", {1000}, -8, 7, std::vector<int32_t>(1000)));
  all.push_back(level_case("constant", {999}, 0, 255, std::vector<int32_t>(999, 77)));
  all.push_back(level_case("extremes", {4}, INT32_MIN, INT32_MAX, {INT32_MIN, INT32_MAX, 0, -1}));
  all.push_back(level_case("positive only", {5}, 10, 20, {10, 20, 15, 11, 20}));
  for (size_t n : {1, 2, 3, 7, 8, 9, 63, 64, 65, 255, 256, 257, 1001})
    all.push_back(level_case("odd size " + std::to_string(n), {static_cast<int64_t>(n)}, -8, 7,
                             sparse(n, 0.5, -8, 7, static_cast<uint32_t>(n))));
  for (double density : {0.001, 0.05, 0.5, 1.0}) {
    all.push_back(level_case("sparse matrix", {50, 80}, -16, 15, sparse(4000, density, -16, 15, 9)));
    all.push_back(level_case("sparse filters", {7, 3, 5, 5}, 0, 31, sparse(525, density, 0, 31, 10)));
    all.push_back(level_case("16 bits", {3000}, -32768, 32767, sparse(3000, density, -32768, 32767, 11)));
    all.push_back(level_case("32 bits", {500}, INT32_MIN, INT32_MAX, sparse(500, density, INT32_MIN, INT32_MAX, 12)));
  }
  std::vector<int32_t> fibonacci;  // code lengths beyond the limit
  for (int32_t level = 0, a = 1, b = 1; level < 24; ++level) {
    fibonacci.insert(fibonacci.end(), static_cast<size_t>(a), level);
    b = std::exchange(a, b) + b;
  }
  all.push_back(level_case("fibonacci", {static_cast<int64_t>(fibonacci.size())}, 0, 31, fibonacci));
  std::vector<int32_t> distant(100000);
  distant.back() = 3;
  distant[70000] = -2;
  all.push_back(level_case("distant", {100000}, -4, 3, distant));
  std::vector<int32_t> uneven = sparse(20000, 0.02, 1, 15, 13);
  for (size_t i = 5000; i < 7000; ++i) uneven[i] = static_cast<int32_t>(1 + i % 15);
  all.push_back(level_case("uneven", {100, 200}, 0, 15, uneven));

  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> weights(1001), pruned(1001);
  for (float& w : weights) w = normal(random);
  for (size_t i = 0; i < 1001; i += 20) pruned[i] = weights[i];
  all.push_back(byte_case("f32", DType::f32, weights));
  all.push_back(byte_case("pruned f32", DType::f32, pruned));
  all.push_back(byte_case("negative zeros", DType::f32, std::vector<float>{0.0F, -0.0F, 0.0F, std::nanf("1")}));
  all.push_back(byte_case("no f32", DType::f32, std::vector<float>{}));
  all.push_back(byte_case("f64", DType::f64, std::vector<double>{1e300, -0.0, 3.25}));
  all.push_back(byte_case("i64", DType::i64, std::vector<int64_t>{-1, 784, 0}));
  all.push_back(byte_case("i64 extremes", DType::i64, std::vector<int64_t>{INT64_MIN, INT64_MAX, 0}));
  all.push_back(byte_case("u64", DType::u64, std::vector<uint64_t>{UINT64_MAX, 0, 5}));
  all.push_back(byte_case("i16", DType::i16, std::vector<int16_t>{-32768, 32767, -1}));
  all.push_back(byte_case("bool", DType::boolean, std::vector<uint8_t>{0, 1, 1, 0, 1}));
  all.push_back(byte_case("u8", DType::u8, std::vector<uint8_t>{255, 0, 7}));
  return all;
}

std::vector<std::byte> encode(const Encoder& e, const Case& c) {
  std::vector<std::byte> out;
  e.encode(c.info, c.levels, c.bytes, out);
  return out;
}

// The decoded tensor must be the original; `decoded` is filled with something else first.
Status decode(const Decoder& d, const Case& c, std::span<const std::byte> in, bool* same = nullptr) {
  if (!(c.info.payload == Payload::levels ? d.levels != nullptr : d.bytes != nullptr))
    return {Code::unsupported, "not for this payload"};
  if (c.info.payload == Payload::levels) {
    std::vector<int32_t> out(c.levels.size(), -12345);
    const Status status = d.levels(c.info, in, out);
    if (same) *same = out == c.levels;
    return status;
  }
  std::vector<std::byte> out(c.bytes.size(), std::byte{0xAA});
  const Status status = d.bytes(c.info, in, out);
  if (same) *same = out == c.bytes;
  return status;
}

TEST(Codec, ListsAgree) {
  ASSERT_EQ(decoder_list().size(), encoder_list().size());
  for (const Encoder* e : encoder_list()) {
    const Decoder* d = find_decoder(e->id);
    ASSERT_NE(d, nullptr);
    EXPECT_EQ(d->name, e->name);
    EXPECT_EQ(find_encoder(e->name), e);
    EXPECT_FALSE(e->summary.empty());
  }
  EXPECT_EQ(find_encoder("nonsense"), nullptr);
  EXPECT_EQ(find_decoder(250), nullptr);
}

TEST(Codec, RoundTripAndEstimate) {
  for (const Case& c : cases()) {
    for (const Encoder* e : encoder_list()) {
      if (!e->supports(c.info)) continue;
      SCOPED_TRACE(std::string(e->name) + ": " + c.name);
      const auto coded = encode(*e, c);
      EXPECT_EQ(coded, encode(*e, c)) << "same input, same bytes";
      bool same = false;
      const Status status = decode(*find_decoder(e->id), c, coded, &same);
      EXPECT_TRUE(status.ok()) << status.what();
      EXPECT_TRUE(same);
      const auto bits = static_cast<double>(8 * coded.size());
      EXPECT_NEAR(static_cast<double>(e->estimate_bits(c.info, c.levels, c.bytes)), bits, std::max(32.0, bits / 100));
    }
  }
}

// A range coder reads any bytes as some levels, and the container's checksum tells those from the right ones; but the
// right levels come from the right bytes only.
TEST(Codec, NoPrefixGivesTheTensor) {
  for (const Case& c : cases()) {
    for (const Encoder* e : encoder_list()) {
      if (!e->supports(c.info)) continue;
      SCOPED_TRACE(std::string(e->name) + ": " + c.name);
      auto coded = encode(*e, c);
      const size_t step = 1 + coded.size() / 200;
      for (size_t n = 0; n < coded.size(); n += step) {
        bool same = false;
        const Status status = decode(*find_decoder(e->id), c, std::span(coded).first(n), &same);
        EXPECT_FALSE(status.ok() && same) << n;
      }
      coded.push_back(std::byte{0});
      EXPECT_FALSE(decode(*find_decoder(e->id), c, coded).ok()) << "a byte too many";
    }
  }
}

TEST(Codec, FlippedBitsNeverCrashAndLevelsStayInRange) {
  for (const Case& c : cases()) {
    for (const Encoder* e : encoder_list()) {
      if (!e->supports(c.info)) continue;
      SCOPED_TRACE(std::string(e->name) + ": " + c.name);
      auto coded = encode(*e, c);
      const size_t step = 1 + coded.size() * 8 / (c.levels.size() > 10000 ? 50 : 500);
      for (size_t bit = 0; bit < coded.size() * 8; bit += step) {
        coded[bit / 8] ^= std::byte{1} << (bit % 8);
        if (c.info.payload == Payload::levels) {
          std::vector<int32_t> out(c.levels.size());
          if (!find_decoder(e->id)->levels(c.info, coded, out).ok()) std::fill(out.begin(), out.end(), c.info.low);
          for (int32_t level : out) ASSERT_TRUE(level >= c.info.low && level <= c.info.high);
        } else {
          (void)decode(*find_decoder(e->id), c, coded);
        }
        coded[bit / 8] ^= std::byte{1} << (bit % 8);
      }
    }
  }
}

TEST(Codec, RandomBytesNeverCrash) {
  std::mt19937 random(3);
  const auto all = cases();
  for (int round = 0; round < 3000; ++round) {
    const Case& c = all[random() % all.size()];
    std::vector<std::byte> noise(random() % 40);
    for (std::byte& b : noise) b = static_cast<std::byte>(random());
    for (const Decoder* d : decoder_list()) (void)decode(*d, c, noise);
  }
}

TEST(Codec, SparseLayersComeNearTheirEntropy) {
  // A pruned fully connected layer of LeNet-5-Caffe: 5 % left, 32 shared values in a bell shape.
  std::mt19937 random(1);
  std::normal_distribution<double> normal(0, 5);
  std::vector<int32_t> levels(400000);
  size_t kept = 0;
  std::vector<double> counts(32);
  for (int32_t& l : levels) {
    if (random() >= 0.05 * 4294967296.0) continue;
    const double x = normal(random);
    l = static_cast<int32_t>(std::clamp(x < 0 ? std::floor(x) : std::ceil(x), -15.0, 15.0));
    ++kept;
    ++counts[static_cast<size_t>(l + 16)];
  }
  double bits = 0;
  const auto n = static_cast<double>(levels.size()), k = static_cast<double>(kept);
  bits += k * std::log2(n / k) + (n - k) * std::log2(n / (n - k));
  for (double c : counts)
    if (c > 0) bits += c * std::log2(k / c);
  const Case c = level_case("fc", {500, 800}, -16, 15, levels);
  const auto coded = static_cast<double>(encode(*find_encoder("huffman_runs"), c).size());
  EXPECT_LT(coded * 8, bits * 1.02);
  EXPECT_LT(coded, static_cast<double>(encode(*find_encoder("huffman"), c).size()));
}

}  // namespace
}  // namespace pare
