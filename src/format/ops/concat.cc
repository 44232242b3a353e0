#include "format/ops/rule.h"

namespace pare {

// The elements of all inputs in a row, where all of them are known lists.
static std::optional<Dims> concat_values(const InferContext& context) {
  Dims all;
  for (const TensorFacts* input : context.inputs) {
    if (!input->value || all.size() + input->value->size() > kMaxValueElements) return std::nullopt;
    all.insert(all.end(), input->value->begin(), input->value->end());
  }
  return all;
}

Status infer_concat(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, std::max<size_t>(context.inputs.size(), 1)));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, context.inputs.size() - 1));
  if (!context.attributes.has("axis")) return rules::invalid("Concat needs an axis");
  for (const TensorFacts* input : context.inputs)
    if (!input->dims) return rules::give(context, 0, dtype, std::nullopt);

  Dims dims = *context.in(0).dims;
  PARE_ASSIGN(const size_t axis, rules::normalize_axis(context.attributes.integer("axis", 0), dims.size()));
  for (size_t k = 1; k < context.inputs.size(); ++k) {
    const Dims& other = *context.in(k).dims;
    if (other.size() != dims.size()) return rules::invalid("the inputs have different ranks", k);
    for (size_t i = 0; i < dims.size(); ++i) {
      if (i == axis) {
        if (dims[i].known() && other[i].known() && !checked_add(dims[i].factor, other[i].factor))
          return rules::invalid("too many elements", k);
        dims[i] = add(dims[i], other[i], context.symbols);
      } else if (const std::optional<Dim> same = rules::merge(dims[i], other[i])) {
        dims[i] = *same;
      } else {
        return rules::invalid("the inputs differ beside the axis", k);
      }
    }
  }
  return rules::give(context, 0, dtype, std::move(dims), concat_values(context));
}

}  // namespace pare
