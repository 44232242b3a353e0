#include "train/torch/losses.h"

#include "core/data/dataset.h"
#include "core/error.h"
#include "core/params.h"

namespace pare::engine {
namespace {

double option(const LossOptions& options, const std::string& name, double otherwise) {
  const auto it = options.find(name);
  return it == options.end() ? otherwise : it->second;
}

void ensure_same_shape(std::span<const at::Tensor> in) {
  ensure(in[0].sizes() == in[1].sizes(), "the loss compares tensors of different shapes");
}

constexpr std::string_view kCrossEntropyOptions[] = {"label_smoothing"};
at::Tensor cross_entropy_term(std::span<const at::Tensor> in, const LossOptions& options) {
  return cross_entropy(in[0], in[1], option(options, "label_smoothing", 0));
}

at::Tensor mse_term(std::span<const at::Tensor> in, const LossOptions&) {
  ensure_same_shape(in);
  return at::mse_loss(in[0], in[1]);
}

// KL(softmax(b / T) || softmax(a / T)) * T^2, the T^2 so that gradients keep their size (Hinton et al., 2015).
constexpr std::string_view kDivergenceOptions[] = {"temperature"};
at::Tensor divergence_term(std::span<const at::Tensor> in, const LossOptions& options) {
  ensure_same_shape(in);
  const double temperature = option(options, "temperature", 1);
  ensure(temperature > 0, "kl wants a temperature above 0");
  const at::Tensor student = at::log_softmax(in[0].flatten(1) / temperature, 1);
  const at::Tensor teacher = at::log_softmax(in[1].flatten(1) / temperature, 1);
  return (teacher.exp() * (teacher - student)).sum(1).mean() * (temperature * temperature);
}

constexpr LossDef kLosses[] = {
    {"cross_entropy", "of logits against classes or a distribution", 2, true, kCrossEntropyOptions, cross_entropy_term},
    {"mse", "mean squared difference", 2, false, {}, mse_term},
    {"kl", "divergence of softened class probabilities from a teacher's", 2, true, kDivergenceOptions, divergence_term},
};

}  // namespace

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& target, double label_smoothing) {
  if (target.is_floating_point() || target.dim() == 1) {
    const at::Tensor rows = target.dim() <= 2 ? logits.flatten(1) : logits;
    return at::cross_entropy_loss(rows, target, {}, at::Reduction::Mean, kNoClass, label_smoothing);
  }
  ensure(logits.dim() == target.dim() + 1 && logits.sizes().slice(2) == target.sizes().slice(1),
         "the network's output and the data's class maps differ in size");
  const at::Tensor sum = at::cross_entropy_loss(logits, target, {}, at::Reduction::Sum, kNoClass, label_smoothing);
  return sum / target.ne(kNoClass).sum().clamp_min(1);  // a batch without any class has loss 0
}

std::span<const LossDef> loss_list() { return kLosses; }

const LossDef& find_loss(std::string_view name) {
  std::vector<std::string> names;
  for (const LossDef& loss : kLosses) {
    if (loss.name == name) return loss;
    names.emplace_back(loss.name);
  }
  const std::string guess = nearest(name, names);
  fail(Code::invalid, "unknown loss '{}'{}", name, guess.empty() ? "" : " (did you mean '" + guess + "'?)");
}

}  // namespace pare::engine
