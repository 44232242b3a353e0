// Learning rate over time.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "train/engine.h"

namespace pare {
namespace {

// From 1 at 0 to `last` at 1, along half a cosine.
double cosine(double progress, double last) {
  return last + (1 - last) * 0.5 * (1 + std::cos(std::numbers::pi * std::clamp(progress, 0.0, 1.0)));
}

// Up from 1/25 of the rate over the first part of the run, then down to final_rate (Smith and Topin, 2018).
double one_cycle(const TrainOptions& o, double step, double steps, double per_epoch) {
  constexpr double kStart = 1.0 / 25, kDefaultRise = 0.3;
  const double rise = std::min(steps - 1, o.warmup == 0  ? kDefaultRise * steps
                                          : o.warmup < 1 ? o.warmup * steps
                                                         : o.warmup * per_epoch);
  if (step < rise) return kStart + (1 - kStart) * (1 - cosine(step / rise, 0));
  return cosine((step - rise) / std::max(steps - 1 - rise, 1.0), o.final_rate);
}

}  // namespace

double learning_rate(const TrainOptions& o, int64_t step, int64_t steps, int64_t per_epoch) {
  const double s = static_cast<double>(step), n = static_cast<double>(std::max<int64_t>(steps, 1));
  const double each = static_cast<double>(std::max<int64_t>(per_epoch, 1));
  if (o.schedule == "one_cycle") return o.rate * one_cycle(o, s, n, each);
  const double warm = o.warmup * each;
  if (s < warm) return o.rate * (s + 1) / (std::floor(warm) + 1);
  const double epochs = s / each;
  if (o.schedule == "constant") return o.rate;
  if (o.schedule == "cosine") return o.rate * cosine((s - warm) / std::max(n - warm, 1.0), o.final_rate);
  if (o.schedule == "step") return o.rate * std::pow(o.gamma, std::floor(epochs / o.step_epochs));
  if (o.schedule == "multi_step") {
    const auto passed =
        std::count_if(o.milestones.begin(), o.milestones.end(), [&](double at) { return epochs >= at; });
    return o.rate * std::pow(o.gamma, static_cast<double>(passed));
  }
  fail(Code::invalid, "unknown schedule '{}'", o.schedule);
}

}  // namespace pare
