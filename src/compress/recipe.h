// A recipe: which steps, with which options, on which data. Everything in it is checked when it is read, so that no
// error waits behind hours of training.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "compress/step.h"
#include "core/params.h"

namespace pare {

struct RecipeStep {
  const StepDef* def = nullptr;
  Param params;
};
// One swept option: `prune_weights.sparsity`, or `prune_weights[1].sparsity` for the second step of that name.
struct SweepAxis {
  std::string key;     // as written
  size_t step = 0;     // index into Recipe::steps
  std::string option;  // may be dotted: "augment.shift"
  std::vector<Param> values;
};
struct DataSource {
  std::string source;  // "mnist:DIR"; empty: none named
  int64_t validation = 5000, take = 0, seed = 0;
  template <class V>
  void visit(V& v) {
    v.field("source", source, "kind and folder, such as mnist:DIR");
    v.field("validation", validation, "images held out of the training part", {0, 1e9});
    v.field("take", take, "use only the first n training images; 0 for all", {0, 1e12});
    v.field("seed", seed, "of the split into training and validation", {0, 9e15});
  }
};
struct Recipe {
  std::string name;  // of the file, for messages
  std::string summary;
  uint64_t seed = 0;
  DataSource data;
  Param train = Param::map();  // defaults of every step that trains
  std::vector<RecipeStep> steps;
  std::vector<SweepAxis> sweep;    // in the order of the steps they change
  bool test_curves = false;        // test figures after every epoch, for curves only
  std::vector<double> figures_at;  // epochs whose figures get their own columns in the table of rows
};

// Error(invalid) names file, line, step and option, with the nearest name for a misspelled one.
Recipe parse_recipe(std::string_view text, const std::string& name);
Recipe load_recipe(const std::string& path);

// One combination of swept values: a row of the final table. A recipe without sweep is one row without a name.
struct RecipeRow {
  std::string name;                                                    // "prune_weights.sparsity=0.5"
  nlohmann::ordered_json settings = nlohmann::ordered_json::object();  // key -> value
  std::vector<RecipeStep> steps;
};
// All combinations; those that share their first steps are neighbours.
std::vector<RecipeRow> expand(const Recipe& recipe);

// Do all steps fit the network, and is there data for those that train? Error(invalid) like that of parse_recipe.
void check_recipe(const Recipe& recipe, const Graph& graph, bool has_data);

// The steps with their effective options: what --dry-run prints and what tells one run from another.
nlohmann::ordered_json plan_of(const Recipe& recipe);
std::string plan_to_text(const nlohmann::ordered_json& plan);

}  // namespace pare
