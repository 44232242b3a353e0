// Runs a recipe: the frame that every step gets (time, verify, measure, checkpoint, report), the rows of a sweep with
// their shared steps done once, the one look at the test part at the end, and the files of the result.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "compress/metric.h"
#include "compress/recipe.h"
#include "core/onnx/onnx.h"
#include "core/progress.h"
#include "core/world.h"
#include "train/engine.h"

namespace pare {

struct RunOptions {
  std::string output;                       // folder of the result; empty: nothing is written
  bool resume = false;                      // go on with the run that the folder holds
  bool restart = false;                     // throw away the run that the folder holds
  std::string data;                         // instead of the recipe's
  std::optional<DataOptions> data_options;  // instead of the recipe's; without, the model's preprocessing is used
  PreprocessingOverride preprocessing;      // on top of the model's or the data's
  std::optional<uint64_t> seed;             // instead of the recipe's
  std::function<std::shared_ptr<Engine>()> engine;  // called when an engine is first needed
  WeightStyle weights = WeightStyle::compact;       // of the written ONNX file
  std::shared_ptr<Metric> metric;                   // of the networks of the final table; judges them when it is there
  std::optional<double> max_drop;       // allowed loss of validation accuracy, in percentage points; or of the metric
  bool from_scratch = false;            // the start has fresh weights: "before" is the network after its training
  std::optional<uint64_t> start_bytes;  // of the ONNX file the start was read from, for the report
  std::string model;                    // how the user named the start, for the report
  std::string command;                  // that reproduces the run, for the report
  World world = {};  // the processes that make this run together, each with its engine; the main one has the folder
};

struct RowResult {
  std::string name;
  Graph graph;
  bool goal_reached = true;
  nlohmann::ordered_json report;  // its entry of report["rows"]
};
struct RunResult {
  std::vector<RowResult> rows;
  size_t best = 0;                // the smallest row that keeps the accuracy budget; else the most accurate
  bool goal_reached = true;       // of the best row
  nlohmann::ordered_json report;  // docs/report.md
};

// Error(invalid) when the output folder holds another run, or the data does not fit the model; Error(cancelled) when
// the user stopped it (the checkpoint stays). Of several processes, all see the same end; when the folder held the
// finished run already, only the main one has its rows.
RunResult run_recipe(const Recipe& recipe, Graph start, const RunOptions& options, Progress& progress);
// All that is checked before the first step: data, network and recipe fit each other.
void check_run(const Recipe& recipe, Graph start, const RunOptions& options);

}  // namespace pare
