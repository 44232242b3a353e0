// One training run: epochs of batches, updates, observers, averages, checkpoints.
#pragma once

#include <memory>
#include <vector>

#include "train/engine.h"
#include "train/torch/gradient_sum.h"
#include "train/torch/network.h"
#include "train/torch/objective.h"
#include "train/torch/optimizer.h"
#include "train/torch/state_view.h"

namespace pare::engine {

class Trainer {
 public:
  // The processes of `group` (null: there is one) share every batch; each ends with the same weights.
  Trainer(Job& job, at::Device device, ProcessGroup* group = nullptr);
  // Trains and writes the graphs back. On an Error the graphs are as they were.
  void run(Progress& progress);

 private:
  double train_epoch(int64_t epoch, Progress& progress);  // mean loss
  double train_step(const Batch& batch, bool stop);       // loss
  double backward(const at::Tensor& loss, const Batch& batch, bool stop);
  void check_agreement(int64_t epoch) const;
  void update();
  EpochRecord measure_epoch(int64_t epoch, double loss, double seconds, Progress& progress);
  template <class Io>
  void visit(Io& io, int64_t& epoch);
  void save(int64_t epoch);
  int64_t resume();  // epochs that were done before
  double rate_at(int64_t step) const { return learning_rate(job_.options, step, steps_, per_epoch_); }

  Job& job_;
  at::Device device_;
  ProcessGroup* group_;
  Objective objective_;
  Optimizer optimizer_;
  std::vector<Network> networks_;
  std::vector<Trained*> parameters_;  // of all networks, without frozen ones
  DatasetPtr data_;                   // augmented
  Loader::Options order_;
  Mode mode_;
  int64_t step_ = 0, steps_ = 0, per_epoch_ = 0;
  double loss_ = 0;
  int64_t fingerprint_ = 0;  // of the job: its checkpoints fit no other
  std::unique_ptr<StateView> view_;
  std::unique_ptr<GradientSum> sum_;  // null for one process
};

}  // namespace pare::engine
