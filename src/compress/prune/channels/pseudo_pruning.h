// Pseudo pruning: training a network and what pruning would make of it at once, so that both end up giving the same
// answers (in the spirit of Zhao's method; the objective is our own):
//
//   loss(f(W)) + mu loss(f(W m)) + lambda T^2 KL(softmax(f(W) / T) || softmax(f(W m) / T))
//
// The masks m are chosen anew every few updates, from the weights as they are, and take away a share of channels that
// grows to the wanted one. Channels may come back: the full network goes on training them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "compress/prune/channels/masked_copy.h"
#include "compress/prune/schedule.h"
#include "core/channels/channels.h"
#include "core/params.h"
#include "train/engine.h"

namespace pare {

struct PseudoOptions {
  int64_t every = 100;
  double begin = 0, end = 0.6, masked = 1, gap = 1, temperature = 4, decay = 0.01;
  void visit(ParamVisitor& v) {
    v.field("every", every, "updates between two choices of the channels that are masked", {1, 1e9});
    v.field("begin", begin, "share of the training after which masking begins", {0, 1});
    v.field("end", end, "share of the training at which all that is to go is masked; it stays masked then", {0, 1});
    v.field("masked", masked, "weight of the masked network's loss", {0, 1000});
    v.field("gap", gap, "weight of the difference between the answers of both networks", {0, 1000});
    v.field("temperature", temperature, "that class probabilities are softened with for this difference", {0.01, 1000});
    v.field("decay", decay, "of weights while they are masked, times the learning rate", {0, 10});
  }
};

// What the objective has besides the full network's loss, of kind `task`.
std::vector<LossTerm> pseudo_terms(const MaskedCopy& copy, const PseudoOptions& options, const std::string& task);

class PseudoPruning final : public Observer {
 public:
  // Which channels go: `now` is the network with its weights of this moment, `evidence` has their gradients, and
  // `growth` goes from 0 to 1.
  using Choose = std::function<std::vector<bool>(const Graph& now, const Evidence& evidence, double growth)>;
  PseudoPruning(const Graph& network, const Channels& channels, const MaskedCopy& copy, const PseudoOptions& options,
                const TrainOptions& train, Choose choose)
      : now_(network),
        channels_(channels),
        copy_(copy),
        options_(options),
        part_{options.begin, options.end, options.every},
        train_(train),
        choose_(std::move(choose)) {}
  bool wants_step(int64_t step, int64_t steps, int64_t /*per_epoch*/) const override {
    return part_.between_or_last(step, steps);
  }
  void on_step(State& state) override;

 private:
  Graph now_;
  const Channels& channels_;
  const MaskedCopy& copy_;
  const PseudoOptions& options_;
  PartOfTraining part_;
  TrainOptions train_;
  Choose choose_;
};

}  // namespace pare
