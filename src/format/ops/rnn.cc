#include "format/ops/recurrent.h"

namespace pare {

Status infer_rnn(InferContext& context) { return rules::infer_recurrent(context, 1); }

}  // namespace pare
