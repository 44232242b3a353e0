// Magnitude: small weights matter little (Han et al. 2015). The baseline that is hard to beat after fine-tuning.
#include <cmath>

#include "compress/prune/criterion.h"

namespace pare {

extern const Criterion criterion_magnitude;
const Criterion criterion_magnitude{"magnitude",
                                    "absolute value of the weight",
                                    {},
                                    [](const WeightEvidence& evidence, uint64_t, std::span<float> scores) {
                                      for (size_t i = 0; i < scores.size(); ++i)
                                        scores[i] = std::fabs(evidence.weight[i]);
                                    }};

}  // namespace pare
