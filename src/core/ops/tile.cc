#include "core/ops/define.h"

namespace pare {

const OpDef op_tile = {
    .kind = OpKind::tile, .name = "Tile", .min_inputs = 2, .max_inputs = 2, .max_outputs = 1, .moves = true};

}  // namespace pare
