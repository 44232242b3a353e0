#include "core/ops/define.h"
#include "core/ops/ties_window.h"

namespace pare {

const OpDef op_global_max_pool = {.kind = OpKind::global_max_pool,
                                  .name = "GlobalMaxPool",
                                  .min_inputs = 1,
                                  .max_inputs = 1,
                                  .max_outputs = 1,
                                  .tie = ops::tie_pool};

}  // namespace pare
