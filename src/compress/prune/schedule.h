// How sparsity grows over a run, and how much is exchanged at a given one.
#pragma once

#include <cstdint>

namespace pare {

// Cubic growth from 0 at step `begin` to `target` at step `end` (Zhu and Gupta 2017): fast while much is redundant,
// slow near the end.
double cubic_sparsity(double target, int64_t step, int64_t begin, int64_t end);
// After round `round` of `rounds` (1-based): the same share of what is left goes in every round.
double round_sparsity(double target, int64_t round, int64_t rounds);
// From `share` at step `begin` to 0 at step `end`, like half a cosine.
double cosine_share(double share, double step, double begin, double end);

// The part of a training run in which something is done again and again.
struct PartOfTraining {
  double begin = 0, end = 1;  // shares of the run
  int64_t every = 1;          // updates in between
  int64_t first(int64_t steps) const;
  int64_t last(int64_t steps) const;  // at least one update follows
  // Is it a turn, after the first update of the part and before its last?
  bool between(int64_t step, int64_t steps) const;
  bool between_or_last(int64_t step, int64_t steps) const { return step == last(steps) || between(step, steps); }
};

}  // namespace pare
