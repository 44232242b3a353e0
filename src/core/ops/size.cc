#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

// What is known of it is a constant by now; the rest is used as a number.
static void tie_size(ChannelTies& ties, const Node& node) { ops::pin_everything(ties, node); }

const OpDef op_size = {
    .kind = OpKind::size, .name = "Size", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1, .tie = tie_size};

}  // namespace pare
