// Random: the control that every other criterion has to beat. The same seed gives the same scores at every call, so
// masks of rising sparsity are nested.
#include "core/random.h"
#include "compress/prune/criterion.h"

namespace pare {

extern const Criterion criterion_random;
const Criterion criterion_random{"random",
                                 "a random number, the control experiment",
                                 {},
                                 [](const WeightEvidence& evidence, uint64_t seed, std::span<float> scores) {
                                   Random random{seed, static_cast<uint64_t>(evidence.value)};
                                   for (float& score : scores) score = static_cast<float>(random.uniform());
                                 }};

}  // namespace pare
