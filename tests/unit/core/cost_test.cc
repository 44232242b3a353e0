#include "core/cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/graphs.h"

namespace pare {
namespace {

using namespace pare::testing;

TEST(Cost, CountsParametersNonzerosAndMacs) {
  Graph g = small_network();
  Value& w = g.value(g.find_value("conv1.weight"));
  put_on_grid(w);  // every eighth level from the fifth on is 0: 4 of 36
  const NetworkCost c = cost(g);
  ASSERT_EQ(c.layers.size(), 2u);
  EXPECT_EQ(c.layers[0].name, "conv1");
  EXPECT_EQ(c.layers[0].op, "Conv");
  EXPECT_EQ(c.layers[0].shape, (Shape{4, 1, 3, 3}));
  EXPECT_EQ(c.layers[0].parameters, 40);
  EXPECT_EQ(c.layers[0].nonzeros, 36);
  EXPECT_EQ(c.layers[0].bits, 3);
  EXPECT_EQ(c.layers[0].macs, 36 * 36);
  EXPECT_EQ(c.layers[1].parameters, 1450);
  EXPECT_EQ(c.layers[1].macs, 1440);
  EXPECT_EQ(c.parameters, 1490);
  EXPECT_EQ(c.macs, 36 * 36 + 1440);
}

TEST(Cost, CountsNormsAndSharedWeightsOnce) {
  Random random(1);
  Graph g = small_network();
  append_norm(g, "bn", g.find_value("conv1"), 4, random);
  append(g, OpKind::conv, "again", {g.inputs[0], g.find_value("conv1.weight")});
  const NetworkCost c = cost(g);
  EXPECT_EQ(c.parameters, 1490 + 8);
  EXPECT_EQ(c.layers.back().name, "again");
  EXPECT_EQ(c.layers.back().parameters, 0);
  EXPECT_EQ(c.layers.back().macs, 36 * 36);
}

TEST(Print, ShowsTypesLinksAndDecisions) {
  Graph g = small_network();
  put_on_grid(g.value(g.find_value("conv1.weight")));
  const std::string text = to_text(g);
  EXPECT_THAT(text, ::testing::HasSubstr("input x: f32[N,1,8,8]\n"));
  EXPECT_THAT(
      text,
      ::testing::HasSubstr(
          "conv1: f32[N,4,6,6] = Conv(x; conv1.weight: f32[4,1,3,3], 3-bit affine; conv1.bias: f32[4]) # conv1\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("{transB=1}"));
  EXPECT_THAT(text, ::testing::HasSubstr("output y: f32[N,10]\n"));
}

}  // namespace
}  // namespace pare
