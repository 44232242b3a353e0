#include "format/ops/matrix.h"
#include "format/ops/reduce.h"

namespace pare {

Status infer_reduce_l2(InferContext& context) { return rules::infer_reduce(context, rules::is_matrix_type); }

}  // namespace pare
