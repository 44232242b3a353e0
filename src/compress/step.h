// A step rewrites a graph: the unit of a recipe. One file per step with a StepDef row at its end and a line in
// step_list.def.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/data/dataset.h"
#include "core/graph.h"
#include "core/pack/pack.h"
#include "core/params.h"
#include "core/progress.h"
#include "train/engine.h"

namespace pare {

// What a step adds to the report: training curves, per-layer facts, warnings, notes of any shape.
struct StepReport {
  std::vector<EpochRecord> history;
  std::vector<std::string> warnings;  // "layer 'fc1' is at risk: 97 % of its weights are gone"
  nlohmann::ordered_json details = nlohmann::ordered_json::object();
};

// Where the training runs inside a step leave what they need to go on after a kill (compress/checkpoint.h).
class FitStore {
 public:
  virtual ~FitStore() = default;
  // Training run `index` of this step (0-based): had it finished, its graph and curve are put back.
  virtual bool finished(size_t index, Graph& graph, std::vector<EpochRecord>& history) = 0;
  // Replaces `graph` by what a resumed run would read, so that both go on from the same bytes.
  virtual void finish(size_t index, Graph& graph, const std::vector<EpochRecord>& history) = 0;
  virtual std::vector<std::byte> load(size_t index) = 0;  // what save was given last; empty: nothing
  virtual void save(size_t index, std::span<const std::byte> bytes) = 0;
  // What was decided `index`-th in this step (0-based); empty: nothing yet.
  virtual std::vector<std::byte> decision(size_t index) = 0;
  virtual void decide(size_t index, std::span<const std::byte> bytes) = 0;
};

// A network whose answers the trained one is to give too (soft targets: Hinton et al., 2015).
struct Teacher {
  Graph* graph = nullptr;
  double weight = 0.5;     // share of the loss; the data's targets have the rest
  double temperature = 4;  // of class probabilities
};

struct Session {
  Graph& graph;
  const Data* data;  // null when the recipe has none; need_data() says so
  Progress& progress;
  StepReport& report;
  PackOptions& packing;             // how the final .pare is written
  std::function<Engine&()> engine;  // opened when first called
  uint64_t seed = 0;                // of this step
  Param train_defaults;             // the recipe's `train:` block
  bool test_curves = false;         // evaluate the test part after every epoch too
  FitStore* store = nullptr;        // null: no checkpoints
  size_t fits = 0;                  // training runs of this step so far
  size_t decisions = 0;             // so far

  const Data& need_data(std::string_view what) const;  // Error(invalid) "prune_weights with epochs needs data (--data)"
  // Trains the graph with cross entropy (mean squared error for targets that are no classes), and towards the teacher's
  // answers where there is one; `more` is added to the objective. Checkpoints, resumes and records. Ids of values may
  // be others afterwards, names are not.
  void fit(const TrainOptions& options, Observer* observer = nullptr, const Teacher* teacher = nullptr,
           std::span<const LossTerm> more = {});
  // For what another run would not decide alike, because it depends on time: what `choose` gave is kept, and given
  // again by a resumed run, in the order of calls.
  std::vector<std::byte> decide(const std::function<std::vector<std::byte>()>& choose);
};

// What a step will do, known before anything runs.
struct StepPlan {
  nlohmann::ordered_json options;  // effective values
  int64_t epochs = 0;              // of training, all rounds together
  bool needs_data = false;         // also without epochs
};
struct StepDef {
  std::string_view name, summary;
  void (*run)(Session&, const Param& params);
  StepPlan (*plan)(const Param& params, const Param& train_defaults);  // reads and checks the options only
  std::vector<ParamInfo> (*options)();
  bool compresses = true;  // false: train, finetune
  // Do the options fit this network (its layers, before the steps ahead changed their weights)? nullptr: any does.
  void (*check)(const Graph&, const Param& params, const Param& train_defaults) = nullptr;
  bool new_classes = false;  // fits the network to the classes of the data: until then it may have others
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
// Error(invalid) when a layer that per-layer options name is not there. Kinds may be absent: a recipe serves many
// networks.
void check_patterns(const std::vector<Layer>& all, const std::vector<std::string>& patterns, std::string_view option);
template <class T>
void check_rules(const std::vector<Layer>& all, const PerLayer<T>& option, std::string_view name) {
  std::vector<std::string> patterns;
  for (const auto& rule : option.rules) patterns.push_back(rule.first);
  check_patterns(all, patterns, name);
}
std::vector<Layer> select(const Graph& graph,
                          const LayerFilter& filter);  // Error(invalid) for a pattern that matches nothing

}  // namespace pare
