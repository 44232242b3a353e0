// A step rewrites a graph: the unit of a recipe. One file per step with a StepDef row at its end and a line in step_list.def.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/data/dataset.h"
#include "core/graph.h"
#include "core/params.h"
#include "core/progress.h"
#include "train/engine.h"

namespace pare {

// What a step adds to the report: training curves, per-layer facts, warnings, notes of any shape.
struct StepReport {
  std::vector<EpochRecord> history;
  std::vector<std::string> warnings;            // "layer 'fc1' is at risk: 97 % of its weights are gone"
  nlohmann::ordered_json details = nlohmann::ordered_json::object();
};

struct Session {
  Graph& graph;
  const Data* data;                              // null when the recipe has none; need_data() says so
  Progress& progress;
  StepReport& report;
  uint64_t seed = 0;                             // of this step
  Param train_defaults;                          // the recipe's `train:` block
  std::string output;                            // folder for files of the result; empty: none are written
  std::function<Engine&()> engine;               // opened when first called
  // Checkpoints inside a training step, wired by the runner (empty functions: none).
  std::function<void(std::span<const std::byte>, int64_t)> save;
  std::vector<std::byte> resume;

  const Data& need_data() const;                 // Error(invalid) "step train needs --data"
  // Trains graph with the recipe's defaults overridden by `params`' own train keys; checkpoints, resumes and records.
  void fit(const TrainOptions& options, Observer* observer = nullptr, uint64_t salt = 0);
};

struct StepDef {
  std::string_view name, summary;
  void (*run)(Session&, const Param& params);
  void (*check)(const Param& params, const Param& train_defaults);  // reads the options only: errors before anything runs
  std::string (*help)();                                             // options, one per line
};
std::span<const StepDef* const> step_list();
const StepDef& find_step(std::string_view name, const std::string& where);  // Error(invalid) with the nearest name

// Which layers a step touches: the `layers:` and `exclude:` options common to all steps.
struct LayerFilter {
  std::vector<std::string> layers, exclude;
  template <class V>
  void visit(V& v) {
    v.field("layers", layers, "only these layers: globs on names, kind:conv, first, last");
    v.field("exclude", exclude, "not these layers");
  }
};
std::vector<Layer> select(const Graph& graph, const LayerFilter& filter);  // Error(invalid) for a pattern that matches nothing

}  // namespace pare
