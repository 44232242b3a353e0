#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec mean_variance_normalization_attributes[] = {
    {"axes", AttributeType::integers},
};

const OpDef op_mean_variance_normalization = {.kind = OpKind::mean_variance_normalization,
                                              .name = "MeanVarianceNormalization",
                                              .attributes = mean_variance_normalization_attributes,
                                              .min_inputs = 1,
                                              .max_inputs = 1,
                                              .max_outputs = 1,
                                              .since = 9};

}  // namespace pare
