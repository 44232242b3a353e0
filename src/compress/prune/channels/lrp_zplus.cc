// LRP: how much of the right class's output goes back to the channel (Yeom et al. 2021, "Pruning by explaining: A novel
// criterion for deep neural network pruning"), by the z+ rule (alpha 1, beta 0), which follows what speaks for the
// class.
#include "compress/prune/channels/lrp_scores.h"

namespace pare {

extern const ChannelCriterion channel_criterion_lrp_zplus;
const ChannelCriterion channel_criterion_lrp_zplus{
    .name = "lrp_zplus",
    .summary = "relevance for the right class, by the z+ rule (LRP)",
    .data = true,
    .score_all = [](const ChannelContext& context) { return relevance_scores(context, RelevanceRule::z_plus); }};

}  // namespace pare
