// Sparse training whose zeros may come back (RigL: Evci et al., 2020, "Rigging the Lottery").
#pragma once

#include <span>

#include "compress/prune/prune.h"

namespace pare {

// Of the weights that are there, `share` go, those of smallest magnitude; as many of those that are not there then come
// back, where the gradient is largest. A weight may do both and so stay as it is. With keep_rows the largest weight of
// every row stays. The number of ones in `mask` stays the same.
void exchange_weights(const MatrixView& view, std::span<const float> weight, std::span<const float> gradient,
                      double share, bool keep_rows, BitMask& mask);

// Does so every `every` updates while the engine trains; the share falls like a cosine.
class RiglRegrowth final : public Observer {
 public:
  RiglRegrowth(const Pruner& pruner, const PruneOptions& options) : pruner_(pruner), options_(options) {}
  bool wants_step(int64_t step, int64_t steps, int64_t /*per_epoch*/) const override {
    return options_.part().between(step, steps);
  }
  void on_step(State& state) override;

 private:
  const Pruner& pruner_;
  const PruneOptions& options_;
};

}  // namespace pare
