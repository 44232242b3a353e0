// What observers see of a training run: parameters as spans of CPU memory, and what they changed taken back.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "train/engine.h"
#include "train/torch/parameter.h"

namespace pare::engine {

struct StateCounters {
  int64_t step = 0, steps = 0, per_epoch = 0;
  double loss = 0;
};

class StateView final : public State {
 public:
  explicit StateView(std::span<Trained* const> trained);

  // Shows the current tensors to `callback`, then applies changed weights, gradients and masks.
  void show(const StateCounters& counters, const std::function<void(State&)>& callback);

  std::span<Parameter> parameters() override { return parameters_; }
  BitMask& mask(Parameter& parameter) override;
  void changed(Parameter& parameter) override;
  int64_t step() const override { return counters_.step; }
  int64_t steps() const override { return counters_.steps; }
  int64_t steps_per_epoch() const override { return counters_.per_epoch; }
  double loss() const override { return counters_.loss; }

 private:
  struct Slot {
    Trained* trained;
    at::Tensor weight, gradient;  // on the CPU: the tensors themselves where they live there
    std::optional<BitMask> mask_before;
    bool changed = false;
  };
  Slot& slot(const Parameter& parameter);
  void open();
  void close();

  std::vector<Slot> slots_;
  std::vector<Parameter> parameters_;
  StateCounters counters_;
};

}  // namespace pare::engine
