// Scores of channels: those that a criterion gives in every place of a group, put together and made comparable between
// groups.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compress/prune/channels/criterion.h"

namespace pare {

struct ChannelScoring {
  std::string criterion = "l1", reduction = "sum";
  std::string normalization = "auto";  // as the criterion has it
  std::string members = "makers";      // or "all": what a criterion of members looks at (ChannelCriterion::looks_at)
  double power = 2;                    // of criterion ln
};

// "NaN" or "infinity", whichever comes first among the values; "" where all are finite.
std::string_view not_finite(std::span<const float> values);

// One score per channel from those of all members, each with one per channel: their sum, mean or max, or the first
// member's.
std::vector<float> reduce_scores(std::span<const std::vector<float>> members, std::string_view reduction);
// Makes the scores of a group comparable with those of others:
//   none      as they are
//   mean      in units of their mean
//   max       in units of the largest
//   gaussian  standard deviations from the mean (may be negative: only their order counts from here on)
//   lamp      each over the sum of those that are not smaller (Lee et al., 2021)
void normalize_scores(std::span<float> scores, std::string_view normalization);

// Of every group, one score per channel in order. Groups in which the criterion finds nothing to look at (no norm for
// batch-norm scales) have none, nor do those that are not `wanted` (one flag per group; empty: all are). Error(invalid)
// names a group whose scores are no numbers, and the tensor it comes from.
std::vector<std::vector<float>> score_channels(const ChannelContext& context, const ChannelScoring& scoring,
                                               const std::vector<bool>& wanted = {});

}  // namespace pare
