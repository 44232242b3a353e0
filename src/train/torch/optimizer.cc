#include "train/torch/optimizer.h"

#include <cmath>

#include "core/error.h"

namespace pare::engine {

Optimizer::Optimizer(const TrainOptions& options) : options_(options) {
  ensure(options.optimizer == "sgd" || options.optimizer == "adam" || options.optimizer == "adamw",
         "unknown optimizer '{}'", options.optimizer);
  ensure(!options.nesterov || options.momentum > 0, "Nesterov momentum needs a momentum");
}

// Biases and the scales and shifts of norms have rank 1.
bool Optimizer::decays(const Trained& parameter) const {
  return options_.weight_decay > 0 && (options_.decay_norm_and_bias || parameter.shape.size() >= 2);
}

void Optimizer::update(std::span<Trained* const> parameters, double rate, int64_t step) const {
  at::NoGradGuard no_gradients;
  for (Trained* parameter : parameters) {
    if (options_.optimizer == "sgd")
      sgd(*parameter, rate * parameter->rate);
    else
      adam(*parameter, rate * parameter->rate, step);
    parameter->materialize();
  }
}

void Optimizer::sgd(Trained& p, double rate) const {
  at::Tensor g = p.gradient;
  if (decays(p)) g = g.add(p.trained, options_.weight_decay);
  if (options_.momentum > 0) {
    if (!p.first.defined()) p.first = at::zeros_like(p.trained);
    p.first.mul_(options_.momentum).add_(g);
    g = options_.nesterov ? g.add(p.first, options_.momentum) : p.first;
  }
  p.trained.add_(g, -rate);
}

void Optimizer::adam(Trained& p, double rate, int64_t step) const {
  const double beta1 = options_.momentum, beta2 = options_.beta2, t = static_cast<double>(step + 1);
  at::Tensor g = p.gradient;
  if (decays(p)) {
    if (options_.optimizer == "adamw")
      p.trained.mul_(1 - rate * options_.weight_decay);
    else
      g = g.add(p.trained, options_.weight_decay);
  }
  if (!p.first.defined()) p.first = at::zeros_like(p.trained), p.second = at::zeros_like(p.trained);
  p.first.mul_(beta1).add_(g, 1 - beta1);
  p.second.mul_(beta2).addcmul_(g, g, 1 - beta2);
  const at::Tensor denominator = (p.second.sqrt() / std::sqrt(1 - std::pow(beta2, t))).add_(options_.epsilon);
  p.trained.addcdiv_(p.first, denominator, -rate / (1 - std::pow(beta1, t)));
}

void clip_gradients(std::span<Trained* const> parameters, double limit) {
  at::NoGradGuard no_gradients;
  double squares = 0;
  for (const Trained* p : parameters) {
    const double norm = p->gradient.norm().item<double>();
    squares += norm * norm;
  }
  const double scale = limit / (std::sqrt(squares) + 1e-6);
  if (scale >= 1) return;
  for (Trained* p : parameters) p->gradient.mul_(scale);
}

}  // namespace pare::engine
