// The weighted sum of named terms that a job minimizes, resolved to values of its graphs.
#pragma once

#include <span>
#include <vector>

#include "train/engine.h"
#include "train/torch/losses.h"

namespace pare::engine {

class Objective {
 public:
  // Error(invalid) names the term and what it refers to that is not there.
  explicit Objective(const Job& job);
  // The values it needs of graph `role`, in the order value() takes them.
  const std::vector<ValueId>& wanted(size_t role) const { return wanted_[role]; }
  at::Tensor value(const std::vector<std::vector<at::Tensor>>& outputs, const at::Tensor& target) const;

 private:
  struct Source {
    int role;      // -1: the target
    size_t index;  // within wanted_[role]
  };
  struct Term {
    const LossDef* loss;
    double weight;
    std::vector<Source> sources;
    LossOptions options;
  };
  Source resolve(const Job& job, const std::string& input, bool logits);

  std::vector<std::vector<ValueId>> wanted_;
  std::vector<Term> terms_;
};

}  // namespace pare::engine
