#include "format/ops/matrix.h"
#include "format/ops/reduce.h"

namespace pare {

// Since opset 13 the axes are an input.
Status infer_reduce_sum(InferContext& context) { return rules::infer_reduce(context, rules::is_matrix_type); }

}  // namespace pare
