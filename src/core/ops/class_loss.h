// NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss.
#pragma once

#include "core/ops/define.h"

namespace pare::ops {

inline constexpr AttributeSpec kClassLossAttributes[] = {
    {"ignore_index", AttributeType::integer},
    {"reduction", AttributeType::text},
};

}  // namespace pare::ops
