// APoZ: the average share of zeros behind a ReLU (Hu et al. 2016, "Network Trimming"). The score is the share of what
// is not zero.
#include "compress/prune/channels/calibration.h"

namespace pare {

extern const ChannelCriterion channel_criterion_apoz;
const ChannelCriterion channel_criterion_apoz{.name = "apoz",
                                              .summary = "share of activations that are not zero on calibration data",
                                              .data = true,
                                              .score_all = [](const ChannelContext& context) {
                                                return activation_means(context,
                                                                        [](double x) { return x == 0 ? 0.0 : 1.0; });
                                              }};

}  // namespace pare
