#include "format/ops/rule.h"

namespace pare {

// input, sequence_lens: the first so many elements of each sample, turned round.
Status infer_reverse_sequence(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  const int64_t batch = context.attributes.integer("batch_axis", 1), time = context.attributes.integer("time_axis", 0);
  if (batch < 0 || batch > 1 || time < 0 || time > 1 || batch == time)
    return rules::invalid("batch and time must be the first two axes");
  const std::optional<Dims>& dims = context.in(0).dims;
  if (dims && dims->size() < 2) return rules::invalid("the input needs a batch and a time");
  if (dims && context.in(1).dims) {
    const Dims& lengths = *context.in(1).dims;
    if (lengths.size() != 1 || !rules::merge(lengths[0], (*dims)[static_cast<size_t>(batch)]))
      return rules::invalid("the lengths must be one per sample", 1);
  }
  return rules::give(context, 0, context.in(0).dtype, dims);
}

}  // namespace pare
