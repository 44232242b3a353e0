// Small tensors of levels: exact, below every codec with a table, honest about their size.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "format/codec/codec.h"

namespace pare {
namespace {

TensorInfo info_of(size_t count, int32_t low, int32_t high, int32_t zero = 0) {
  TensorInfo info;
  info.payload = Payload::levels;
  info.dtype = DType::i32;
  info.shape = {static_cast<int64_t>(count)};
  info.low = low;
  info.high = high;
  info.zero = zero;
  return info;
}

size_t coded_size(const char* codec, const TensorInfo& info, const std::vector<int32_t>& levels) {
  const Encoder& encoder = *find_encoder(codec);
  EXPECT_TRUE(encoder.supports(info));
  std::vector<std::byte> coded;
  encoder.encode(info, levels, {}, coded);
  std::vector<int32_t> out(levels.size(), 12345);
  const Status status = find_decoder(encoder.id)->levels(info, coded, out);
  EXPECT_TRUE(status.ok()) << status.what() << " at " << status.at();
  EXPECT_EQ(out, levels);
  const auto bits = static_cast<double>(8 * coded.size());
  EXPECT_NEAR(static_cast<double>(encoder.estimate_bits(info, levels, {})), bits, std::max(32.0, bits / 100));
  return coded.size();
}

std::vector<int32_t> bell(size_t count, double centre, double width, const TensorInfo& info, uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::student_t_distribution<double> student(5);
  std::vector<int32_t> levels(count);
  for (int32_t& l : levels)
    l = static_cast<int32_t>(std::clamp(std::round(centre + width * student(random)), static_cast<double>(info.low),
                                        static_cast<double>(info.high)));
  return levels;
}

TEST(Parametric, EveryEdgeComesBack) {
  for (size_t count : {0, 1, 2, 9, 100, 4096}) {
    for (int bits = 1; bits <= 32; ++bits) {
      SCOPED_TRACE(std::to_string(count) + " of " + std::to_string(bits) + " bits");
      const auto info = info_of(count, static_cast<int32_t>(-(int64_t{1} << (bits - 1))),
                                static_cast<int32_t>((int64_t{1} << (bits - 1)) - 1));
      std::mt19937 random(static_cast<uint32_t>(bits));
      std::vector<int32_t> any(count);
      for (int32_t& l : any) l = static_cast<int32_t>(random() >> (32 - bits) << (32 - bits)) >> (32 - bits);
      coded_size("parametric", info, any);
      coded_size("parametric", info, std::vector<int32_t>(count, info.low));
      coded_size("parametric", info, std::vector<int32_t>(count, info.high));
      coded_size("parametric", info, std::vector<int32_t>(count, 0));
      coded_size("parametric", info, bell(count, 0, std::exp2(bits / 2.0 - 2), info));
    }
  }
}

TEST(Parametric, AnyRangeAndZeroComeBack) {
  coded_size("parametric", info_of(3, 5, 5), {5, 5, 5});
  coded_size("parametric", info_of(5, 10, 20, 9), {10, 20, 15, 11, 20});
  coded_size("parametric", info_of(4, 0, 255, 128), {128, 0, 255, 129});
  coded_size("parametric", info_of(4, -300, -200, 0), {-300, -200, -250, -201});
  coded_size("parametric", info_of(4, INT32_MIN, INT32_MAX), {INT32_MIN, INT32_MAX, 0, -1});
  coded_size("parametric", info_of(6, INT32_MIN, INT32_MAX, INT32_MAX), {1 << 30, 7, 0, 3, INT32_MAX, 5});
}

TEST(Parametric, BeatsTablesOnSmallTensors) {
  for (size_t count : {20, 60, 200, 500}) {
    for (double width : {0.7, 3.0, 20.0}) {
      const auto info = info_of(count, -128, 127);
      size_t parametric = 0, others = 0;
      for (uint32_t seed = 0; seed < 10; ++seed) {
        const auto levels = bell(count, 0, width, info, seed);
        parametric += coded_size("parametric", info, levels);
        size_t best = SIZE_MAX;
        for (const char* codec : {"bitpack", "huffman", "huffman_runs"})
          best = std::min(best, coded_size(codec, info, levels));
        others += best;
      }
      EXPECT_LT(parametric, others) << count << " levels of width " << width;
    }
  }
}

TEST(Parametric, ComesNearTheEntropyOfItsBell) {
  const auto info = info_of(500, -128, 127);
  double bits = 0;
  std::mt19937 random(3);
  std::normal_distribution<double> normal(0, 12);
  for (int round = 0; round < 20; ++round) {
    std::vector<int32_t> levels(500);
    for (int32_t& l : levels) l = static_cast<int32_t>(std::round(normal(random)));
    bits += static_cast<double>(8 * coded_size("parametric", info, levels));
  }
  const double entropy = std::log2(12 * std::sqrt(2 * M_PI * M_E));
  EXPECT_LT(bits / (20 * 500), entropy + 0.1);
}

TEST(Parametric, CentreAndZerosAreModelled) {
  const auto biases = info_of(200, -32768, 32767);
  EXPECT_LT(coded_size("parametric", biases, bell(200, 3000, 20, biases)), 200U * 7 / 8 + 10);
  const auto points = info_of(300, 0, 255);
  EXPECT_LT(coded_size("parametric", points, bell(300, 128, 1, points)), 120U);
  std::vector<int32_t> sparse(500);
  for (size_t i = 0; i < sparse.size(); i += 20) sparse[i] = static_cast<int32_t>(i % 60) - 30;
  EXPECT_LT(coded_size("parametric", info_of(500, -128, 127), sparse), 45U);
}

TEST(Parametric, LeavesLargeTensorsToOthers) {
  EXPECT_FALSE(find_encoder("parametric")->supports(info_of(4097, -8, 7)));
  TensorInfo floats;
  floats.shape = {4};
  EXPECT_FALSE(find_encoder("parametric")->supports(floats));
}

TEST(Parametric, BrokenBytesDoNoHarm) {
  std::mt19937 random(5);
  for (int bits : {2, 8, 20, 32}) {
    const auto info = info_of(300, static_cast<int32_t>(-(int64_t{1} << (bits - 1))),
                              static_cast<int32_t>((int64_t{1} << (bits - 1)) - 1));
    const auto levels = bell(300, 1, std::exp2(bits / 2.0 - 1), info);
    std::vector<std::byte> coded;
    find_encoder("parametric")->encode(info, levels, {}, coded);
    const auto harmless = [&](std::span<const std::byte> in) {
      std::vector<int32_t> out(levels.size(), info.low);
      const bool ok = find_decoder(find_encoder("parametric")->id)->levels(info, in, out).ok();
      for (int32_t l : out) EXPECT_TRUE(l >= info.low && l <= info.high);
      return ok && out == levels;
    };
    EXPECT_TRUE(harmless(coded));
    for (size_t n = 0; n < coded.size(); ++n) EXPECT_FALSE(harmless(std::span(coded).first(n)));
    for (size_t bit = 0; bit < 8 * coded.size(); ++bit) {
      coded[bit / 8] ^= std::byte{1} << (bit % 8);
      harmless(coded);
      coded[bit / 8] ^= std::byte{1} << (bit % 8);
    }
    for (int round = 0; round < 500; ++round) {
      std::vector<std::byte> noise(random() % 60);
      for (std::byte& b : noise) b = static_cast<std::byte>(random());
      harmless(noise);
    }
  }
}

}  // namespace
}  // namespace pare
