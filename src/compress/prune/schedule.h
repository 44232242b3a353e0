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

}  // namespace pare
