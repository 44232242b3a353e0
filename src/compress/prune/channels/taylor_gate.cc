// Taylor on activations: what the loss changes, to first order, when the channel's activations become 0 (Molchanov et
// al. 2017, "Pruning Convolutional Neural Networks for Resource Efficient Inference", eq. 8; 2019, section 3.2, on
// gates).
#include "compress/prune/channels/gates.h"

namespace pare {

extern const ChannelCriterion channel_criterion_taylor_gate;
const ChannelCriterion channel_criterion_taylor_gate{
    .name = "taylor_gate",
    .summary = "|sum of activation x gradient| of the channel: the gradient of a gate on it",
    .data = true,
    .normalization = "none",
    .score_all = gate_gradients};

}  // namespace pare
