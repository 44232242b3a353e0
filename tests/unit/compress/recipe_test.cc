#include "compress/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace pare {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& text) {
  try {
    parse_recipe(text, "recipe.yaml");
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::invalid) << e.what();
    return e.what();
  }
  return "no error";
}

constexpr const char* kRecipe = R"(seed: 7
data: digits
train: {batch: 64, rate: 0.1, epochs: 20}
steps:
  - train: {epochs: 2}
  - prune_weights: {sparsity: 0.9, schedule: cubic, epochs: 3, rate_schedule: constant}
  - share_weights: {bits: {conv: 6, fc: 4}, init: exact, finetune_epochs: 3}
  - pack
)";

TEST(Recipe, ReadsStepsWithDefaults) {
  const Recipe recipe = parse_recipe(kRecipe, "recipe.yaml");
  EXPECT_EQ(recipe.seed, 7U);
  EXPECT_EQ(recipe.data.source, "digits");
  ASSERT_EQ(recipe.steps.size(), 4U);
  const auto steps = plan_of(recipe)["rows"][0]["steps"];
  EXPECT_EQ(steps[0]["epochs"], 2);
  EXPECT_EQ(steps[0]["options"]["batch"], 64);
  EXPECT_EQ(steps[1]["options"]["rate"], 0.1);
  EXPECT_EQ(steps[1]["options"]["schedule"], "cubic");
  EXPECT_EQ(steps[1]["options"]["rate_schedule"], "constant");
  EXPECT_EQ(steps[2]["options"]["finetune_epochs"], 3);
  EXPECT_EQ(steps[3]["epochs"], 0);
  EXPECT_THAT(plan_to_text(plan_of(recipe)), HasSubstr("prune_weights"));
}

TEST(Recipe, EpochsOfTheDefaultsAreOfTheTrainStepAlone) {
  const Recipe recipe = parse_recipe("train: {epochs: 20}\nsteps: [train, {prune_weights: {sparsity: 0.5}}]", "r.yaml");
  const auto steps = plan_of(recipe)["rows"][0]["steps"];
  EXPECT_EQ(steps[0]["epochs"], 20);
  EXPECT_EQ(steps[1]["epochs"], 0);
}

TEST(Recipe, ErrorsNameFileLineStepAndTheNearestName) {
  EXPECT_EQ(error_of("steps:\n  - train: {}\n  - prune_weights: {sparsty: 0.5}\n"),
            "recipe.yaml:3: step prune_weights: unknown option 'sparsty' (did you mean 'sparsity'?)");
  EXPECT_THAT(error_of("steps:\n  - prune_wieghts: {}\n"),
              HasSubstr("recipe.yaml:2: unknown step 'prune_wieghts' (did you mean 'prune_weights'?)"));
  EXPECT_THAT(error_of("stepps: []"), HasSubstr("did you mean 'steps'?"));
  EXPECT_THAT(error_of("steps:\n  - prune_weights: {sparsity: 0.5, criterion: magnitud}\n"),
              HasSubstr("did you mean 'magnitude'?"));
  EXPECT_THAT(error_of("steps:\n  - pack: {codec: ra}\n"), HasSubstr("unknown codec 'ra'"));
  EXPECT_THAT(error_of("train: {rte: 1}\nsteps: [train]"), HasSubstr("did you mean 'rate'?"));
  EXPECT_THAT(error_of("steps:\n  - train: {augment: {flop: true}}\n"), HasSubstr("did you mean 'flip'?"));
}

TEST(Recipe, RefusesOptionsThatContradictEachOther) {
  EXPECT_THAT(error_of("steps: [{prune_weights: {}}]"), HasSubstr("sparsity"));
  EXPECT_THAT(error_of("steps: [{prune_weights: {sparsity: 1.5}}]"), HasSubstr("sparsity"));
  EXPECT_THAT(error_of("steps: [{prune_weights: {sparsity: {conv: 0.5}, scope: global}}]"), HasSubstr("scope global"));
  EXPECT_THAT(error_of("steps: [{prune_weights: {block: '2:4', sparsity: 0.5}}]"), HasSubstr("block"));
  EXPECT_THAT(error_of("steps: [{prune_weights: {block: '2:4', scope: global}}]"), HasSubstr("scope"));
  EXPECT_THAT(error_of("steps: [{prune_weights: {sparsity: 0.5, schedule: cubic}}]"), HasSubstr("epochs"));
  EXPECT_THAT(error_of("steps: [{prune_weights: {sparsity: 0.5, schedule: cubic, epochs: 1, begin: 0.8, end: 0.2}}]"),
              HasSubstr("begin"));
  EXPECT_THAT(error_of("steps: [{share_weights: {bits: 9}}]"), HasSubstr("bits"));
}

// What a report says of a step can be put into a recipe, and means the same.
TEST(Recipe, EffectiveOptionsAreARecipe) {
  for (const char* step :
       {"{train: {epochs: 1}}", "{prune_weights: {sparsity: 0.5}}", "{prune_weights: {block: '2:4'}}",
        "{prune_channels: {ratio: 0.5}}", "{prune_channels: {ratio: 0}}", "{prune_channels: {sparsity: 0.5}}",
        "{prune_channels: {target: {macs: 0.5}, epochs: 1, distill: {weight: 0.3}}}",
        "{prune_channels: {ratio: {fc1: 0.5}, target: null}}", "{prune_blocks: {}}", "{prune_blocks: {count: 2}}",
        "{prune_blocks: {ratio: 0.5}}", "{share_weights: {bits: {conv: 4}}}", "{regrow: {}}", "pack"}) {
    const Recipe recipe = parse_recipe("steps: [" + std::string(step) + "]", "r.yaml");
    const RecipeStep& as_said = recipe.steps[0];
    const auto effective = as_said.def->plan(as_said.params, Param::map()).options;
    EXPECT_EQ(as_said.def->plan(param_from_json(effective), Param::map()).options, effective) << step;
  }
}

TEST(Recipe, RefusesOtherShapes) {
  for (const char* text :
       {"", "steps: []", "steps: 3", "- a\n- b", "steps: [{train: {}, pack: {}}]", "steps: [[train]]",
        "seed: -1\nsteps: [train]", "steps: [train]\nsweep: 3", "a: [", "\x01\x02"}) {
    EXPECT_NE(error_of(text), "no error") << text;
  }
}

TEST(Recipe, SweepExpandsToAllCombinationsWithSharedStepsTogether) {
  const Recipe recipe = parse_recipe(R"(
steps:
  - train: {epochs: 1}
  - prune_weights: {sparsity: 0.5}
  - share_weights: {bits: 4}
sweep:
  share_weights.bits: [3, 4]
  prune_weights.sparsity: [0, 0.5, 0.9]
)",
                                     "sweep.yaml");
  const auto rows = expand(recipe);
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_EQ(rows[0].name, "prune_weights.sparsity=0 share_weights.bits=3");
  EXPECT_EQ(rows[1].name, "prune_weights.sparsity=0 share_weights.bits=4");
  EXPECT_EQ(rows[5].name, "prune_weights.sparsity=0.9 share_weights.bits=4");
  EXPECT_EQ(rows[5].settings["prune_weights.sparsity"].dump(), "0.9");
  EXPECT_EQ(rows[5].steps[1].params.find("sparsity")->as_real(), 0.9);
}

TEST(Recipe, SweepAddressesAStepOfSeveralByNumber) {
  const std::string steps = "steps:\n  - prune_weights: {sparsity: 0.5}\n  - prune_weights: {sparsity: 0.7}\n";
  const auto rows = expand(parse_recipe(steps + "sweep: {'prune_weights[1].sparsity': [0.8, 0.9]}", "r.yaml"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].steps[0].params.find("sparsity")->as_real(), 0.5);
  EXPECT_EQ(rows[1].steps[1].params.find("sparsity")->as_real(), 0.9);
  EXPECT_THAT(error_of(steps + "sweep: {prune_weights.sparsity: [0.8]}"), HasSubstr("say which"));
  EXPECT_THAT(error_of(steps + "sweep: {'prune_weights[2].sparsity': [0.8]}"), HasSubstr("counted from 0"));
  EXPECT_THAT(error_of(steps + "sweep: {'prune_weights[x].sparsity': [0.8]}"), HasSubstr("step[number]"));
  EXPECT_THAT(error_of(steps + "sweep: {share_weights.bits: [8]}"), HasSubstr("no step share_weights"));
  EXPECT_THAT(error_of(steps + "sweep: {'prune_weights[0].sparsity': [2]}"), HasSubstr("sparsity"));
  EXPECT_THAT(error_of(steps + "sweep: {'prune_weights[0].sparsity': 0.5}"), HasSubstr("list"));
}

TEST(Recipe, EveryShippedRecipeIsValid) {
  for (const char* name : {"demo", "lenet5-caffe-mnist", "lenet-300-100-mnist", "lenet5-sweep", "prune-channels",
                           "pseudo-pruning", "sparse-channels"}) {
    EXPECT_NO_THROW(load_recipe(std::string(PARE_SOURCE_DIR) + "/recipes/" + name + ".yaml")) << name;
  }
}

TEST(Recipe, BytesThatAreNotUtf8AreAnErrorLikeAnyOther) {
  EXPECT_THROW(parse_recipe("steps:\n  - share_weights\nsweep: {share_weights.bits: [[\xff]]}\n", "r.yaml"), Error);
}

}  // namespace
}  // namespace pare
