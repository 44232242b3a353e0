// LRP: how much of the right class's output goes back to the channel (Yeom et al. 2021, "Pruning by explaining: A novel
// criterion for deep neural network pruning"), by the epsilon rule, which weighs terms of either sign.
#include "compress/prune/channels/lrp_scores.h"

namespace pare {

extern const ChannelCriterion channel_criterion_lrp_epsilon;
const ChannelCriterion channel_criterion_lrp_epsilon{
    .name = "lrp_epsilon",
    .summary = "relevance for the right class, by the epsilon rule (LRP)",
    .data = true,
    .score_all = [](const ChannelContext& context) { return relevance_scores(context, RelevanceRule::epsilon); }};

}  // namespace pare
