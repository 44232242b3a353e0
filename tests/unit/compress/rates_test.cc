#include "train/rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/compress_fixture.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

using ::testing::HasSubstr;

// conv1 -> norm -> relu1 -> flatten -> fc1.
Graph network() {
  Random random(1);
  Graph g = testing::small_network();
  const ValueId relu = g.find_value("relu1");
  const ValueId conv = g.node(testing::find_node(g, "relu1")).inputs[0];
  const ValueId normed = testing::append_norm(g, "norm", conv, 4, random);
  set_input(g, g.value(relu).producer, 0, normed);
  sort_topologically(g);
  mark_trainable(g);
  return g;
}

std::map<std::string, double> factors(const TrainOptions& options) {
  const Graph g = network();
  std::map<std::string, double> named;
  for (const auto& [id, factor] : rate_factors(g, options)) named[g.value(id).name] = factor;
  return named;
}

TrainOptions frozen(std::vector<std::string> patterns) {
  TrainOptions options;
  options.freeze = std::move(patterns);
  return options;
}

using Names = std::vector<std::string>;
Names frozen_names(const std::vector<std::string>& patterns) {
  Names names;
  for (const auto& [name, factor] : factors(frozen(patterns)))
    if (factor == 0) names.push_back(name);
  return names;
}

TEST(Rates, FreezePicksByLayerKindAndPlace) {
  const Names front = {"conv1.bias", "conv1.weight", "norm.scale", "norm.shift"}, norm = {"norm.scale", "norm.shift"},
              last = {"fc1.bias", "fc1.weight"};
  EXPECT_EQ(frozen_names({}), Names{});
  for (const char* pattern : {"conv1", "kind:conv", "first", "all_but_last", "not:last", "not:name:fc1", "c*"})
    EXPECT_EQ(frozen_names({pattern}), front) << pattern;
  EXPECT_EQ(frozen_names({"norm"}), norm);
  EXPECT_EQ(frozen_names({"name:norm"}), norm) << "a norm by its own name";
  EXPECT_EQ(frozen_names({"fc"}), last);
  EXPECT_EQ(frozen_names({"*", "not:norm", "not:fc1"}), (Names{"conv1.bias", "conv1.weight"}));
  EXPECT_EQ(frozen_names({"not:norm", "conv"}),
            (Names{"conv1.bias", "conv1.weight", "fc1.bias", "fc1.weight", "norm.scale", "norm.shift"}))
      << "from left to right";
}

TEST(Rates, FactorsMultiplyWithTheDecayOfDepth) {
  TrainOptions options;
  options.rates = 2.0;
  options.rates.rules = {{"norm", 0.5}, {"last", 3}};
  options.layer_decay = 0.1;
  const auto named = factors(options);
  EXPECT_DOUBLE_EQ(named.at("conv1.weight"), 0.2);
  EXPECT_DOUBLE_EQ(named.at("norm.shift"), 0.05);
  EXPECT_DOUBLE_EQ(named.at("fc1.bias"), 3);
}

TEST(Rates, PatternsThatMatchNothingAreErrors) {
  const auto error = [](const TrainOptions& options) -> std::string {
    try {
      factors(options);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Code::invalid);
      return e.what();
    }
    return "no error";
  };
  EXPECT_THAT(error(frozen({"conv2"})), HasSubstr("freeze: no layer matches 'conv2' (did you mean 'conv1'?)"));
  EXPECT_THAT(error(frozen({"not:fc9"})), HasSubstr("fc9"));
  EXPECT_EQ(error(frozen({"depthwise"})), "no error") << "a recipe serves many networks";
  TrainOptions options;
  options.rates.rules = {{"stem", 0.1}};
  EXPECT_THAT(error(options), HasSubstr("rates: no layer matches 'stem'"));
}

class RatesInRecipes : public testing::CompressTest {};

TEST_F(RatesInRecipes, FrozenLayersStayAndUnknownOnesAreFoundBeforeAnythingRuns) {
  const Graph start = CompressTest::network();
  const auto run = [&](const std::string& steps) {
    return run_recipe(parse_recipe("steps:\n" + steps, "test.yaml"), start, options(), Progress::quiet()).rows[0].graph;
  };
  const Graph after = run("  - train: {epochs: 1, freeze: [first], rates: {fc2: 0, '*': 1}}\n");
  for (size_t l = 0; l < 3; ++l)
    EXPECT_EQ(*testing::weight_of(after, l).constant == *testing::weight_of(start, l).constant, l < 2) << l;
  const int64_t calls = engine->calls;
  try {
    run("  - train: {epochs: 1}\n  - finetune: {freeze: [fc7]}\n");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("test.yaml:3: step finetune: freeze: no layer matches 'fc7'"));
  }
  EXPECT_EQ(engine->calls, calls);
}

}  // namespace
}  // namespace pare
