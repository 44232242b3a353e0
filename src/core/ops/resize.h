// Upsample (opsets 7 to 9) and Resize as opset 10 had it, in terms of what came after them.
#pragma once

#include "core/ops/define.h"

namespace pare::ops {

// X, scales become Resize with X, no region, scales.
void lift_old_resize(Graph& graph, NodeId id);

}  // namespace pare::ops
