#include "core/params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/per_layer.h"

namespace pare {
namespace {

struct Options {
  bool fast = false;
  int64_t epochs = 3;
  double ratio = 0.5;
  std::string criterion = "magnitude";
  std::vector<std::string> layers;
  std::vector<double> milestones = {1, 2};
  PerLayer<int64_t> bits{8};
  PerLayer<double> sparsity{0.9};
  Param train;
  void visit(ParamVisitor& v) {
    v.field("fast", fast, "skip checks");
    v.field("epochs", epochs, "passes over the data", {0, 100});
    v.field("ratio", ratio, "share removed", {0, 1});
    v.field("criterion", criterion, "what counts", {"magnitude", "taylor"});
    v.field("layers", layers, "only these");
    v.field("milestones", milestones, "when");
    v.field("bits", bits, "bits of a level", {1, 32});
    v.field("sparsity", sparsity, "share of zeros", {0, 1});
    v.field("train", train, "training options");
  }
};

Options read(std::string_view yaml) {
  Options options;
  read_params(param_from_yaml(yaml, "recipe.yaml"), options);
  return options;
}
std::string error_of(std::string_view yaml) {
  try {
    read(yaml);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Params, ReadsEveryKindOfField) {
  const Options o = read(R"(fast: yes
epochs: 7
ratio: 2.5e-1
criterion: taylor
layers: [conv*, fc1]
milestones: 4
bits: {conv: 6, fc*: 4, default: 5}
sparsity: 0.8
train: {epochs: 9}
)");
  EXPECT_TRUE(o.fast);
  EXPECT_EQ(o.epochs, 7);
  EXPECT_EQ(o.ratio, 0.25);
  EXPECT_EQ(o.criterion, "taylor");
  EXPECT_THAT(o.layers, testing::ElementsAre("conv*", "fc1"));
  EXPECT_THAT(o.milestones, testing::ElementsAre(4.0));
  ASSERT_EQ(o.bits.rules.size(), 2u);
  EXPECT_EQ(o.bits.rules[1].first, "fc*");
  EXPECT_EQ(o.bits.otherwise, 5);
  EXPECT_EQ(o.sparsity.otherwise, 0.8);
  EXPECT_EQ(o.train.find("epochs")->as_integer(), 9);
}

TEST(Params, NothingGivenKeepsDefaults) {
  EXPECT_EQ(read("").epochs, 3);
  EXPECT_EQ(read("epochs:\nratio: ~").epochs, 3);
}

TEST(Params, UnknownOptionNamesLineAndNearest) {
  EXPECT_EQ(error_of("epochs: 2\nratoi: 0.5"), "recipe.yaml:2: unknown option 'ratoi' (did you mean 'ratio'?)");
  EXPECT_EQ(error_of("zzzzzz: 1"), "recipe.yaml:1: unknown option 'zzzzzz'");
}

TEST(Params, WrongValuesSayWhatIsExpected) {
  EXPECT_EQ(error_of("\nepochs: abc"), "recipe.yaml:2: option 'epochs': expected a whole number, got 'abc'");
  EXPECT_EQ(error_of("epochs: 1.5"), "recipe.yaml:1: option 'epochs': expected a whole number, got '1.5'");
  EXPECT_EQ(error_of("epochs: [1]"), "recipe.yaml:1: option 'epochs': expected a whole number, got a list");
  EXPECT_EQ(error_of("fast: 2"), "recipe.yaml:1: option 'fast': expected true or false, got '2'");
  EXPECT_EQ(error_of("ratio: 1.5"), "recipe.yaml:1: option 'ratio': 1.5 is not in 0 to 1");
  EXPECT_EQ(error_of("ratio: nan"), "recipe.yaml:1: option 'ratio': expected a number, got 'nan'");
  EXPECT_EQ(error_of("criterion: size"), "recipe.yaml:1: option 'criterion': 'size' is not one of magnitude, taylor");
  EXPECT_EQ(error_of("bits: {conv: 40}"), "recipe.yaml:1: option 'bits': 40 is not in 1 to 32");
  EXPECT_EQ(error_of("- 1"), "recipe.yaml:1: expected options as a map, got a list");
}

TEST(Params, TypedReadsNameThePlace) {
  const Param p = param_from_yaml("a: x\nb: [1]", "f.yaml");
  try {
    p.find("a")->as_real();
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "f.yaml:1: expected a number, got 'x'");
  }
  EXPECT_THROW(p.find("b")->as_text(), Error);
  EXPECT_EQ(Param::text("+12").as_integer(), 12);
  EXPECT_THROW(Param::text("99999999999999999999").as_integer(), Error);
}

TEST(Params, EffectiveValuesAsJson) {
  const auto json = params_to_json(read("bits: {conv: 6}\ntrain: {rate: 0.1, name: x, on: true}"));
  EXPECT_EQ(json.dump(),
            R"({"fast":false,"epochs":3,"ratio":0.5,"criterion":"magnitude","layers":[],"milestones":[1.0,2.0],)"
            R"("bits":{"conv":6,"default":8},"sparsity":0.9,"train":{"rate":0.1,"name":"x","on":true}})");
}

TEST(Params, HelpShowsDefaultsRangesAndChoices) {
  const std::string help = help_text(params_info(Options{}));
  EXPECT_THAT(help, testing::HasSubstr("  epochs (3)"));
  EXPECT_THAT(help, testing::HasSubstr("share removed: in 0 to 1"));
  EXPECT_THAT(help, testing::HasSubstr("what counts: magnitude, taylor"));
}

TEST(Params, SetPathCreatesMaps) {
  Param p = Param::map();
  p.set_path("prune.schedule.kind", Param::text("cubic"));
  p.set_path("prune.sparsity", Param::text("0.5"));
  p.set_path("prune.sparsity", Param::text("0.7"));
  EXPECT_EQ(to_json(p).dump(), R"({"prune":{"schedule":{"kind":"cubic"},"sparsity":0.7}})");
}

TEST(Yaml, KnowsLinesAndExpandsAliases) {
  const Param p = param_from_yaml("steps:\n  - train: &t {epochs: 1}\n  - prune:\n      train: *t\n", "r");
  const Param* prune = p.find("steps")->items[1].find("prune");
  EXPECT_EQ(prune->where, "r:3");
  EXPECT_EQ(prune->find("train")->find("epochs")->as_integer(), 1);
}

TEST(Yaml, RefusesWhatCannotBeMeant) {
  const auto error = [](std::string_view text) -> std::string {
    try {
      param_from_yaml(text, "r");
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(error("a: 1\na: 2"), "r:2: 'a' is there twice");
  EXPECT_EQ(error("{[1]: 2}"), "r:1: a key must be a plain text");
  EXPECT_EQ(error("a: 1\n---\nb: 2"), "r: more than one YAML document");
  EXPECT_THAT(error("a: [1, 2"), testing::StartsWith("r:1: "));
  EXPECT_THAT(error("a: *b"), testing::StartsWith("r:1: "));
}

TEST(Yaml, StaysBounded) {
  const auto code = [](const std::string& text) {
    try {
      param_from_yaml(text, "r");
    } catch (const Error& e) {
      return e.code();
    }
    return Code::ok;
  };
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";  // ten times as much on every line
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 1; j < 10; ++j) bomb += ", " + last;
    bomb += "]\n";
  }
  EXPECT_EQ(code(bomb), Code::limit);
  EXPECT_EQ(code(std::string(2 << 20, 'x')), Code::limit);
  EXPECT_EQ(code(std::string(100, '[') + std::string(100, ']')), Code::limit);
  EXPECT_EQ(code(std::string(60, '[') + std::string(60, ']')), Code::ok);
  std::string deep = "a0: &a0 [1]\n";  // each alias one level deeper
  for (int i = 1; i < 80; ++i)
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_EQ(code(deep), Code::limit);
}

TEST(Nearest, FindsTypingMistakesOnly) {
  const std::vector<std::string> names = {"sparsity", "ratio", "epochs"};
  EXPECT_EQ(nearest("sparcity", names), "sparsity");
  EXPECT_EQ(nearest("epoch", names), "epochs");
  EXPECT_EQ(nearest("criterion", names), "");
  EXPECT_EQ(nearest("L1", {"l2", "l1"}), "l1");
}

TEST(Param, NullIsAsIfItWereNotThere) {
  Param params = param_from_yaml("{a: null, b: 1, c: ~}", "r.yaml");
  EXPECT_EQ(params.find("a"), nullptr);
  EXPECT_EQ(params.find("c"), nullptr);
  EXPECT_NE(params.find("b"), nullptr);
  params.set_path("a.x", Param::text("1"));
  EXPECT_EQ(params.find("a")->find("x")->as_integer(), 1);
  EXPECT_THROW(param_from_yaml("{a: null, a: 1}", "r.yaml"), Error);
}

TEST(Glob, MatchesLikeAShell) {
  EXPECT_TRUE(glob_match("conv*", "conv1"));
  EXPECT_TRUE(glob_match("*.fc?", "head.fc2"));
  EXPECT_TRUE(glob_match("[a-c]x[!0-9]", "bxy"));
  EXPECT_FALSE(glob_match("[a-c]x[!0-9]", "bx1"));
  EXPECT_FALSE(glob_match("conv", "conv1"));
  EXPECT_TRUE(glob_match("a[b", "a[b"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_FALSE(glob_match(std::string(2000, '*') + "b", std::string(2000, 'a')));  // and quickly
}

}  // namespace
}  // namespace pare
