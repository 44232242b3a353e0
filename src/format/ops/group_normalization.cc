#include "format/ops/rule.h"

namespace pare {

// X [N, C, ...], scale [C], bias [C]; until opset 20 scale and bias had one element per group.
Status infer_group_normalization(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 3));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 2));
  PARE_TRY(rules::need_type(context, 0, is_float));
  const int64_t groups = context.attributes.integer("num_groups", 0);
  if (groups < 1) return rules::invalid("num_groups must be positive");
  const std::optional<Dims>& dims = context.in(0).dims;
  if (dims && dims->size() < 2) return rules::invalid("the input needs a batch and channels");
  if (dims && (*dims)[1].known() && (*dims)[1].factor % groups != 0)
    return rules::invalid("the channels do not divide into the groups");
  for (size_t i = 1; i < 3; ++i) {
    if (!context.in(i).dims) continue;
    const Dims& parameter = *context.in(i).dims;
    const bool fits = parameter.size() == 1 &&
                      (!dims || rules::merge(parameter[0], (*dims)[1]) || rules::merge(parameter[0], Dim(groups)));
    if (!fits) return rules::invalid("a parameter needs one element per channel", i);
  }
  return rules::give(context, 0, dtype, dims);
}

}  // namespace pare
