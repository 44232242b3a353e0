#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec thresholded_relu_attributes[] = {
    {"alpha", AttributeType::real},
};

const OpDef op_thresholded_relu = {.kind = OpKind::thresholded_relu,
                                   .name = "ThresholdedRelu",
                                   .attributes = thresholded_relu_attributes,
                                   .min_inputs = 1,
                                   .max_inputs = 1,
                                   .max_outputs = 1,
                                   .since = 10,
                                   .tie = ops::tie_elementwise};

}  // namespace pare
