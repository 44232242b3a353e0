#include "format/ops/rule.h"

namespace pare {

// X [N, C, ...], scale [C], B [C].
Status infer_instance_normalization(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 3));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 2));
  PARE_TRY(rules::need_type(context, 0, is_float));
  std::optional<Dims> dims = context.in(0).dims;
  if (dims && dims->size() < 2) return rules::invalid("the input needs a batch and channels");
  for (size_t i = 1; i < 3 && dims; ++i) {
    if (!context.in(i).dims) continue;
    const Dims& parameter = *context.in(i).dims;
    if (parameter.size() != 1 || !rules::merge(parameter[0], (*dims)[1]))
      return rules::invalid("a parameter needs one element per channel", i);
    (*dims)[1] = *rules::merge((*dims)[1], parameter[0]);
  }
  return rules::give(context, 0, dtype, std::move(dims));
}

}  // namespace pare
