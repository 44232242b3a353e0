// Update rules, with PyTorch's exact semantics. Moments live on the parameters, so that masks and checkpoints see them.
#pragma once

#include <span>

#include "train/engine.h"
#include "train/torch/parameter.h"

namespace pare::engine {

class Optimizer {
 public:
  explicit Optimizer(const TrainOptions& options);
  // Update number `step` (from 0) of every parameter's `trained` by its `gradient`, at `rate` times its own factor.
  void update(std::span<Trained* const> parameters, double rate, int64_t step) const;

 private:
  bool decays(const Trained& parameter) const;
  void sgd(Trained& p, double rate) const;
  void adam(Trained& p, double rate, int64_t step) const;

  TrainOptions options_;
};

// Scales all gradients together so that their joint Euclidean norm is at most `limit` (torch.nn.utils.clip_grad_norm_).
void clip_gradients(std::span<Trained* const> parameters, double limit);

}  // namespace pare::engine
