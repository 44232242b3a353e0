#include "compress/prune/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pare {

double cubic_sparsity(double target, int64_t step, int64_t begin, int64_t end) {
  if (step >= end) return target;
  if (step <= begin) return 0;
  const double left = 1 - static_cast<double>(step - begin) / static_cast<double>(end - begin);
  return target * (1 - left * left * left);
}

double round_sparsity(double target, int64_t round, int64_t rounds) {
  if (round >= rounds) return target;  // exact, also for a target of 1
  return 1 - std::pow(1 - target, static_cast<double>(round) / static_cast<double>(rounds));
}

double cosine_share(double share, double step, double begin, double end) {
  if (step >= end) return 0;
  if (step <= begin) return share;
  return share / 2 * (1 + std::cos(std::numbers::pi * (step - begin) / (end - begin)));
}

int64_t PartOfTraining::first(int64_t steps) const { return static_cast<int64_t>(begin * static_cast<double>(steps)); }

int64_t PartOfTraining::last(int64_t steps) const {
  return std::clamp<int64_t>(static_cast<int64_t>(end * static_cast<double>(steps)), first(steps), steps - 1);
}

bool PartOfTraining::between(int64_t step, int64_t steps) const {
  return step > first(steps) && step < last(steps) && (step - first(steps)) % every == 0;
}

}  // namespace pare
