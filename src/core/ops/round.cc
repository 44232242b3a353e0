#include "core/ops/define.h"

namespace pare {

const OpDef op_round = {
    .kind = OpKind::round, .name = "Round", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1, .since = 11};

}  // namespace pare
