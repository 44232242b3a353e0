// Floats come back bit for bit, small where trained weights are, and never larger than they were by more than two
// bytes.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "format/codec/codec.h"
#include "format/tensor.h"

namespace pare {
namespace {

constexpr DType kFloats[] = {DType::f32, DType::f16, DType::bf16, DType::f64};

TensorInfo info_of(DType type, size_t count) {
  TensorInfo info;
  info.dtype = type;
  info.shape = {static_cast<int64_t>(count)};
  return info;
}

std::vector<std::byte> elements(DType type, std::span<const float> values) {
  const Tensor t = cast(Tensor::of<float>({static_cast<int64_t>(values.size())}, values), type);
  return {t.bytes().begin(), t.bytes().end()};
}

size_t coded_size(DType type, std::span<const std::byte> bytes) {
  const TensorInfo info = info_of(type, bytes.size() / size_of(type));
  const Encoder& encoder = *find_encoder("float_planes");
  std::vector<std::byte> coded, out(bytes.size(), std::byte{0x5A});
  encoder.encode(info, {}, bytes, coded);
  const Status status = find_decoder(encoder.id)->bytes(info, coded, out);
  EXPECT_TRUE(status.ok()) << status.what() << " at " << status.at();
  EXPECT_TRUE(std::equal(out.begin(), out.end(), bytes.begin(), bytes.end()));
  EXPECT_LE(coded.size(), bytes.size() + 2);
  const auto bits = static_cast<double>(8 * coded.size());
  EXPECT_NEAR(static_cast<double>(encoder.estimate_bits(info, {}, bytes)), bits, std::max(32.0, bits / 100));
  return coded.size();
}

double ratio(DType type, std::span<const float> values) {
  const auto bytes = elements(type, values);
  return static_cast<double>(coded_size(type, bytes)) / static_cast<double>(bytes.size());
}

std::vector<float> weights(size_t count, uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.05F);
  std::vector<float> values(count);
  for (float& v : values) v = normal(random);
  return values;
}

TEST(FloatPlanes, EverySizeComesBack) {
  for (DType type : kFloats)
    for (size_t count : {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 100, 511, 512, 513, 2047, 2048, 2049, 2050, 2055, 5001}) {
      SCOPED_TRACE(std::string(name_of(type)) + " " + std::to_string(count));
      coded_size(type, elements(type, weights(count)));
    }
}

TEST(FloatPlanes, AnyBitsComeBack) {
  std::mt19937 random(2);
  for (DType type : kFloats) {
    for (size_t count : {1, 20, 300, 4000}) {
      std::vector<std::byte> noise(count * size_of(type));
      for (std::byte& b : noise) b = static_cast<std::byte>(random());
      coded_size(type, noise);
      for (size_t i = 0; i < noise.size(); ++i)  // mostly zeros and all-ones: subnormal numbers, infinities and NaNs
        if (random() % 4 != 0) noise[i] = std::byte{i / size_of(type) % 3 == 0 ? uint8_t{0xFF} : uint8_t{0}};
      coded_size(type, noise);
    }
  }
}

TEST(FloatPlanes, OutliersAreEscapes) {
  std::vector<float> values = weights(10000);
  values[0] = std::numeric_limits<float>::infinity();
  values[17] = -1e30F;
  values[5000] = 1e-38F;
  values[9999] = std::numeric_limits<float>::quiet_NaN();
  for (DType type : kFloats) ratio(type, values);
  EXPECT_LT(ratio(DType::f32, values), 0.835);
  values.assign(10000, 0.0F);
  values[3] = -std::numeric_limits<float>::infinity();
  values[4] = -0.0F;
  EXPECT_LT(ratio(DType::f32, values), 0.01);
}

TEST(FloatPlanes, NormalWeightsComeNearTheirEntropy) {
  const auto values = weights(100000);
  EXPECT_LT(ratio(DType::f32, values), 0.83);
  EXPECT_LT(ratio(DType::bf16, values), 0.66);
  EXPECT_LT(ratio(DType::f16, values), 0.85);
  EXPECT_LT(ratio(DType::f64, values), 0.415);  // 29 bits of f64 are zero
}

TEST(FloatPlanes, ScaleOfNeighboursHelps) {
  std::vector<float> values = weights(50000);
  for (size_t i = 0; i < values.size(); ++i) values[i] *= std::exp2(-8.0F * static_cast<float>(i / 100 % 2));
  const double alternating = ratio(DType::bf16, values);
  EXPECT_LT(alternating, 0.67);  // without: one bit per element more
}

TEST(FloatPlanes, NarrowTypesInWideOnesCostNothing) {
  std::vector<float> values = weights(20000);
  for (float& v : values) v = bf16_to_f32(f32_to_bf16(v));
  EXPECT_LT(ratio(DType::f32, values), 0.33);
  for (float& v : values) v = std::round(v * 1000) / 1024;
  EXPECT_LT(ratio(DType::f32, values), 0.28);
}

TEST(FloatPlanes, FewValuesAreATable) {
  const auto base = weights(200);
  std::mt19937 random(3);
  std::vector<float> values(20000);
  for (float& v : values) v = base[random() % base.size()];
  EXPECT_LT(ratio(DType::f32, values), 0.25 + 0.05);
  EXPECT_LT(ratio(DType::f32, std::vector<float>(1000, 1.0F)), 0.01);
}

TEST(FloatPlanes, ZerosAreLeftOut) {
  std::vector<float> values = weights(20000);
  for (size_t i = 0; i < values.size(); ++i)
    if (i * 2654435761U % 10 != 0) values[i] = 0;
  EXPECT_LT(ratio(DType::f32, values), 0.1);
  values[77] = -0.0F;
  EXPECT_LT(ratio(DType::f32, values), 0.1);
}

TEST(FloatPlanes, RefusesWhatItCannotHold) {
  const Encoder& encoder = *find_encoder("float_planes");
  EXPECT_FALSE(encoder.supports(info_of(DType::i32, 4)));
  TensorInfo levels = info_of(DType::f32, 4);
  levels.payload = Payload::levels;
  EXPECT_FALSE(encoder.supports(levels));
  const std::vector<std::byte> in(4);
  std::vector<std::byte> out(16);
  EXPECT_FALSE(find_decoder(encoder.id)->bytes(info_of(DType::i32, 4), in, out).ok());
}

TEST(FloatPlanes, BrokenBytesDoNoHarm) {
  std::mt19937 random(4);
  std::vector<std::vector<float>> tensors = {weights(40), weights(3000), std::vector<float>(3000, 0.5F), weights(3000)};
  for (size_t i = 0; i < 3000; i += 2) tensors[3][i] = 0;
  for (DType type : kFloats) {
    for (const auto& values : tensors) {
      const auto bytes = elements(type, values);
      const TensorInfo info = info_of(type, values.size());
      std::vector<std::byte> coded, out(bytes.size());
      find_encoder("float_planes")->encode(info, {}, bytes, coded);
      const Decoder& decoder = *find_decoder(find_encoder("float_planes")->id);
      for (size_t n = 0; n < coded.size(); n += 1 + coded.size() / 100)
        EXPECT_FALSE(decoder.bytes(info, std::span(coded).first(n), out).ok()) << n;
      coded.push_back(std::byte{1});
      EXPECT_FALSE(decoder.bytes(info, coded, out).ok());
      coded.pop_back();
      for (int round = 0; round < 300; ++round) {
        auto broken = coded;
        const size_t where = random() % std::min<size_t>(coded.size(), round % 2 == 0 ? 40 : coded.size());
        broken[where] ^= std::byte{1} << (random() % 8);
        (void)decoder.bytes(info, broken, out);
      }
    }
  }
}

}  // namespace
}  // namespace pare
