// What the pruning step and its observer share: the options, and one pass of scoring and masking over chosen layers.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "compress/options.h"
#include "compress/prune/criterion.h"
#include "compress/prune/mask.h"
#include "compress/prune/schedule.h"

namespace pare {

struct PruneOptions {
  PerLayer<double> sparsity = 0.0;
  std::string criterion = "magnitude", scope = "layer", block = "none", schedule = "oneshot";
  int64_t rounds = 5, every = 100;
  double begin = 0, end = 0.6, regrow = 0.3;
  Guards guards;
  int64_t calibration = 16;
  LayerFilter filter;
  TrainOptions train;
  PruneOptions() {
    train.epochs = 0;
    train.rate = 0.01;
  }

  void visit(ParamVisitor& v) {
    v.field("sparsity", sparsity, "share of the weights to remove, one number or per layer", {0, 0.99999});
    v.field("criterion", criterion, "what makes a weight important: a row of `pare list criteria`");
    v.field("scope", scope, "layer: every layer by its own sparsity; global: one threshold for all",
            {"layer", "global"});
    v.field("block", block,
            "what goes together: none, N:M (N stay of M, sparsity follows), RxC blocks of outputs x inputs");
    v.field(
        "schedule", schedule,
        "oneshot: at once, then trains; iterative: rounds of both; cubic: while training; rigl: at once, then weights "
        "go and come back while training",
        {"oneshot", "iterative", "cubic", "rigl"});
    v.field("rounds", rounds, "of the iterative schedule, `epochs` each", {1, 1000});
    v.field("every", every, "updates between two prunings of the cubic schedule, two exchanges of rigl", {1, 1e9});
    v.field("begin", begin, "share of the training after which cubic and rigl begin", {0, 1});
    v.field("end", end, "share of the training at which cubic has reached the sparsity and rigl ends", {0, 1});
    v.field("regrow", regrow, "share of what is kept that rigl exchanges at first; it falls like a cosine", {0, 1});
    v.field("min_kept", guards.min_kept, "share of every layer that stays under a global threshold", {0, 1});
    v.field("keep_rows", guards.keep_rows, "every output keeps its best weight, so that no path is cut");
    v.field("calibration", calibration, "batches that criteria with gradients look at", {1, 1e6});
    filter.visit(v);
    visit_train(v, train, {{"schedule", "rate_schedule"}});
  }
  PartOfTraining part() const { return {begin, end, every}; }
};

struct PruneLayer {
  std::string name;
  ValueId weight;
  MatrixView view;
  double sparsity;  // wanted at the end
};

// Scores and masks a chosen set of layers, again and again at growing sparsity.
class Pruner {
 public:
  // Chooses the layers; a weight used by two layers is pruned once.
  Pruner(const Graph& graph, const PruneOptions& options, uint64_t seed);
  std::span<const PruneLayer> layers() const { return layers_; }
  const Criterion& criterion() const { return *criterion_; }

  struct Item {  // one per layer, in order
    WeightEvidence evidence;
    BitMask* mask;
  };
  // `now` maps the sparsity wanted at the end to the one wanted now.
  using Growth = std::function<double(double)>;
  void prune(std::span<const Item> items, const Growth& now);
  // Prunes the graph itself: masks, zeros and levels.
  void prune(Graph& graph, const Evidence& evidence, const Growth& now);

 private:
  const PruneOptions& options_;
  const Criterion* criterion_;
  Pattern pattern_;
  uint64_t seed_;
  std::vector<PruneLayer> layers_;
};

// Prunes while the engine trains.
class CubicPruning final : public Observer {
 public:
  CubicPruning(Pruner& pruner, const PruneOptions& options) : pruner_(pruner), part_(options.part()) {}
  bool wants_step(int64_t step, int64_t steps, int64_t /*per_epoch*/) const override {
    return part_.between_or_last(step, steps);
  }
  void on_step(State& state) override;

 private:
  Pruner& pruner_;
  PartOfTraining part_;
};

// Error(invalid) when the weight lies on a grid that cannot say 0 for one element.
void ensure_has_zero(const Value& weight, const std::string& layer);
// Error(invalid) when the weight lies on a grid: what shares the zero of a codebook has no value of its own to grow.
void ensure_may_grow(const Value& weight, const std::string& layer);
// The element's mask holds from now on: values and levels become exactly zero where it is 0.
void apply_mask(Graph& graph, ValueId weight, BitMask mask, const std::string& layer);

}  // namespace pare
