// Taylor: the change of the loss, to first order, when the weight becomes 0 (Molchanov et al. 2017, eq. 7, for single
// weights). The gradient is the mean over the calibration batches.
#include <cmath>

#include "compress/prune/criterion.h"

namespace pare {

extern const Criterion criterion_taylor;
const Criterion criterion_taylor{"taylor",
                                 "size of weight times mean gradient of the loss: what the loss changes to first order",
                                 {.gradient = true},
                                 [](const WeightEvidence& evidence, uint64_t, std::span<float> scores) {
                                   for (size_t i = 0; i < scores.size(); ++i)
                                     scores[i] = std::fabs(evidence.weight[i] * evidence.gradient[i]);
                                 }};

}  // namespace pare
