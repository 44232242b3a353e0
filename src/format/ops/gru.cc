#include "format/ops/recurrent.h"

namespace pare {

Status infer_gru(InferContext& context) { return rules::infer_recurrent(context, 3); }

}  // namespace pare
