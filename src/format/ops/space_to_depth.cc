#include "format/ops/rule.h"

namespace pare {

// [N, C, H b, W b] to [N, C b b, H, W].
Status infer_space_to_depth(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  std::optional<Dims> dims = context.in(0).dims;
  const int64_t block = context.attributes.integer("blocksize", 0);
  if (block < 1 || block > INT32_MAX) return rules::invalid("blocksize must be positive");
  if (dims) {
    if (dims->size() != 4) return rules::invalid("the input must be [N, C, H, W]");
    for (size_t i = 2; i < 4; ++i) {
      if ((*dims)[i].known() && (*dims)[i].factor % block != 0)
        return rules::invalid("the image does not divide into blocks");
      (*dims)[i] = divide((*dims)[i], block, context.symbols);
    }
    const std::optional<int64_t> area = checked_mul(block, block);
    if (!area || ((*dims)[1].known() && !checked_mul((*dims)[1].factor, *area)))
      return rules::invalid("too many elements");
    (*dims)[1] = multiply((*dims)[1], *area, context.symbols);
  }
  return rules::give(context, 0, context.in(0).dtype, std::move(dims));
}

}  // namespace pare
