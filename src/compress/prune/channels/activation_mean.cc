// Activation mean: channels that say little on average matter little (Molchanov et al. 2017, "Pruning Convolutional
// Neural Networks for Resource Efficient Inference", section 2.2). Absolute values, since not every function is a ReLU.
#include <cmath>

#include "compress/prune/channels/calibration.h"

namespace pare {

extern const ChannelCriterion channel_criterion_activation_mean;
const ChannelCriterion channel_criterion_activation_mean{.name = "activation_mean",
                                                         .summary = "mean absolute activation on calibration data",
                                                         .data = true,
                                                         .score_all = [](const ChannelContext& context) {
                                                           return activation_means(
                                                               context, [](double x) { return std::fabs(x); });
                                                         }};

}  // namespace pare
