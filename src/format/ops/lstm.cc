#include "format/ops/recurrent.h"

namespace pare {

Status infer_lstm(InferContext& context) { return rules::infer_recurrent(context, 4); }

}  // namespace pare
