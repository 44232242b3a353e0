// Scores of channels by their relevance for the right answers.
#pragma once

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/relevance.h"

namespace pare {

// Per channel: |relevance, summed over its places|, the mean over calibration samples and the group's activations. Each
// sample starts with relevance 1 at the output of its class (of data with values: at every output).
std::vector<std::vector<float>> relevance_scores(const ChannelContext& context, RelevanceRule rule);

}  // namespace pare
