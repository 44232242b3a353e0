#include "core/ops/define.h"
#include "core/ops/recurrent.h"
#include "core/ops/ties_recurrent.h"

namespace pare {

static constexpr AttributeSpec rnn_attributes[] = {
    {"activation_alpha", AttributeType::reals}, {"activation_beta", AttributeType::reals},
    {"activations", AttributeType::texts},      {"clip", AttributeType::real},
    {"direction", AttributeType::text},         {"hidden_size", AttributeType::integer},
    {"layout", AttributeType::integer},
};

const OpDef op_rnn = {.kind = OpKind::rnn,
                      .name = "RNN",
                      .attributes = rnn_attributes,
                      .min_inputs = 3,
                      .max_inputs = 6,
                      .max_outputs = 2,
                      .macs = ops::recurrent_macs,
                      .lower = ops::lower_recurrent,
                      .learned = {1, 2, 3},
                      .tie = ops::tie_recurrent,
                      .cut = ops::cut_recurrent};

}  // namespace pare
