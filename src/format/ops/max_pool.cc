#include "format/ops/window.h"

namespace pare {

static bool max_pool_takes(DType type) { return is_float(type) || type == DType::i8 || type == DType::u8; }

Status infer_max_pool(InferContext& context) {
  PARE_ASSIGN(const std::optional<Dims> dims, pool_output(context));
  PARE_TRY(rules::need_type(context, 0, max_pool_takes));
  PARE_TRY(rules::give(context, 0, context.in(0).dtype, dims));
  return rules::give(context, 1, DType::i64, dims);  // Indices
}

}  // namespace pare
