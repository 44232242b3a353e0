// What the loss says about whole channels of activations.
#pragma once

#include "compress/prune/channels/criterion.h"

namespace pare {

// Per group and channel: |sum of x dL/dx| over the elements of the channel, the mean over calibration data, on average
// over the group's activations. It is the gradient of a gate that multiplies the channel and stands at 1. Empty for
// groups without activations.
std::vector<std::vector<float>> gate_gradients(const ChannelContext& context);

}  // namespace pare
