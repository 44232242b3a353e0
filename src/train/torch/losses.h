// The terms an objective can have.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "train/torch/aten.h"

namespace pare::engine {

using LossOptions = std::map<std::string, double>;
struct LossDef {
  std::string_view name, summary;
  size_t inputs;
  bool on_logits;  // an output that ends in Softmax is replaced by what goes into it
  std::span<const std::string_view> options;
  // Mean over the batch.
  at::Tensor (*value)(std::span<const at::Tensor> inputs, const LossOptions& options);
};
std::span<const LossDef> loss_list();
const LossDef& find_loss(std::string_view name);  // Error(invalid) with the nearest name

// Mean cross entropy of logits against class indices (n), against maps of them (n, ...) where logits are (n, classes,
// ...) and kNoClass does not count, or against distributions (n, classes).
at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& target, double label_smoothing);

}  // namespace pare::engine
