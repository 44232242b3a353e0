#include "format/ops/rule.h"

namespace pare {

// [N, C b b, H, W] to [N, C, H b, W b].
Status infer_depth_to_space(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  std::optional<Dims> dims = context.in(0).dims;
  const int64_t block = context.attributes.integer("blocksize", 0);
  if (block < 1 || block > INT32_MAX) return rules::invalid("blocksize must be positive");
  if (dims) {
    if (dims->size() != 4) return rules::invalid("the input must be [N, C, H, W]");
    if ((*dims)[1].known() && (*dims)[1].factor % (block * block) != 0)
      return rules::invalid("the channels do not divide into blocks");
    (*dims)[1] = divide((*dims)[1], block * block, context.symbols);
    for (size_t i = 2; i < 4; ++i) {
      if ((*dims)[i].known() && !checked_mul((*dims)[i].factor, block)) return rules::invalid("too many elements");
      (*dims)[i] = multiply((*dims)[i], block, context.symbols);
    }
  }
  return rules::give(context, 0, context.in(0).dtype, std::move(dims));
}

}  // namespace pare
