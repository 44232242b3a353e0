// Weights that come back: the exchange of RigL while training, and masks that are taken away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compress/prune/rigl.h"
#include "compress/prune/schedule.h"
#include "core/error.h"
#include "tests/support/compress_fixture.h"

namespace pare {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::sparsity_of;
using testing::weight_of;

BitMask mask_of(const std::vector<int>& bits) {
  BitMask mask(bits.size());
  for (size_t i = 0; i < bits.size(); ++i) mask.set(i, bits[i] != 0);
  return mask;
}
std::vector<int> bits_of(const BitMask& mask) {
  std::vector<int> bits;
  for (size_t i = 0; i < mask.size(); ++i) bits.push_back(mask[i]);
  return bits;
}
MatrixView rows_of(int64_t rows, int64_t columns) { return {1, rows, columns, rows * columns, columns, 1}; }

TEST(ExchangeWeights, SmallestGoAndLargestGradientsCome) {
  const std::vector<float> weight = {5, -1, 0, 0, -4, 2, 0, 0};
  const std::vector<float> gradient = {9, 9, 1, -3, 9, 1, 2, 0};
  BitMask mask = mask_of({1, 1, 0, 0, 1, 1, 0, 0});
  exchange_weights(rows_of(1, 8), weight, gradient, 0.5, true, mask);
  // 1 and 5 go; of what is not there then, 1 has the largest gradient and stays, 3 comes in the place of 5.
  EXPECT_THAT(bits_of(mask), ElementsAre(1, 1, 0, 1, 1, 0, 0, 0));
}

TEST(ExchangeWeights, EveryRowKeepsItsBestWeight) {
  const std::vector<float> weight = {0.1F, 0, 0, 3, 4, 5};
  const std::vector<float> gradient = {0, 0, 7, 0, 0, 0};
  for (const bool keep_rows : {true, false}) {
    BitMask mask = mask_of({1, 0, 0, 1, 1, 1});
    exchange_weights(rows_of(2, 3), weight, gradient, 0.25, keep_rows, mask);
    EXPECT_EQ(mask[0], keep_rows);
    EXPECT_TRUE(mask[2]);
    EXPECT_EQ(mask.kept(), 4U);
  }
}

TEST(ExchangeWeights, NeverMoreThanThereIsRoomFor) {
  BitMask mask = mask_of({1, 1, 1, 0});
  exchange_weights(rows_of(1, 4), std::vector<float>{1, 2, 3, 0}, std::vector<float>{0, 0, 0, 1}, 1, true, mask);
  EXPECT_THAT(bits_of(mask), ElementsAre(0, 1, 1, 1));
}

TEST(CosineShare, FallsToZero) {
  EXPECT_DOUBLE_EQ(cosine_share(0.3, 0, 0, 100), 0.3);
  EXPECT_NEAR(cosine_share(0.3, 50, 0, 100), 0.15, 1e-12);
  EXPECT_GT(cosine_share(0.3, 20, 0, 100), cosine_share(0.3, 30, 0, 100));
  EXPECT_EQ(cosine_share(0.3, 100, 0, 100), 0);
}

class Regrow : public testing::CompressTest {
 protected:
  RowResult run(const std::string& steps, bool with_data = true) {
    RunOptions how = options();
    if (!with_data) how.data.clear();
    return run_recipe(parse_recipe("steps:\n" + steps, "test.yaml"), network(), how, Progress::quiet()).rows.at(0);
  }
};

TEST_F(Regrow, RiglExchangesWeightsAtTheSameSparsity) {
  const std::string at_once = "  - prune_weights: {sparsity: 0.8}\n";
  const std::string rigl = "  - prune_weights: {sparsity: 0.8, schedule: rigl, every: 2, epochs: 5, end: 0.75}\n";
  const RowResult before = run(at_once), after = run(rigl);
  for (size_t l = 0; l < 3; ++l) {
    const BitMask& was = *weight_of(before.graph, l).encoding.mask;
    const BitMask& is = *weight_of(after.graph, l).encoding.mask;
    EXPECT_EQ(was.kept(), is.kept());
    EXPECT_FALSE(was == is) << l;
    EXPECT_NEAR(sparsity_of(weight_of(after.graph, l)), 0.8, 0.01);
  }
}

TEST_F(Regrow, RiglKilledAtAnyTimeEndsTheSame) {
  expect_same_end_when_killed("steps: [{prune_weights: {sparsity: 0.8, schedule: rigl, every: 2, epochs: 4}}]");
}

TEST_F(Regrow, RiglSaysWhatItCannotDo) {
  const auto message = [&](const std::string& steps) -> std::string {
    try {
      run(steps);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(message("  - prune_weights: {sparsity: 0.5, schedule: rigl}\n"), HasSubstr("say `epochs`"));
  EXPECT_THAT(message("  - prune_weights: {block: 2:4, schedule: rigl, epochs: 1}\n"), HasSubstr("single weights"));
  const std::string shared = "  - prune_weights: {sparsity: 0.5}\n  - share_weights: {bits: 4}\n";
  EXPECT_THAT(message(shared + "  - prune_weights: {sparsity: 0.6, schedule: rigl, epochs: 1}\n"), HasSubstr("grid"));
  EXPECT_THAT(message(shared + "  - regrow: {epochs: 1}\n"), HasSubstr("grid"));
}

TEST_F(Regrow, DenseSparseDenseEndsDense) {
  const RowResult row = run("  - prune_weights: {sparsity: 0.8, epochs: 2}\n  - regrow: {epochs: 2}\n");
  for (size_t l = 0; l < 3; ++l) {
    EXPECT_FALSE(weight_of(row.graph, l).encoding.mask.has_value());
    EXPECT_LT(sparsity_of(weight_of(row.graph, l)), 0.01);
  }
  EXPECT_EQ(row.report["steps"][1]["history"].size(), 2U);
  EXPECT_EQ(row.report["steps"][1]["details"]["layers"].size(), 3U);
}

TEST_F(Regrow, LeavesOtherLayersMasked) {
  const RowResult row = run("  - prune_weights: {sparsity: 0.8}\n  - regrow: {epochs: 0, exclude: [last]}\n", false);
  EXPECT_FALSE(weight_of(row.graph, 0).encoding.mask.has_value());
  EXPECT_TRUE(weight_of(row.graph, 2).encoding.mask.has_value());
  EXPECT_EQ(engine->calls, 0);
}

}  // namespace
}  // namespace pare
