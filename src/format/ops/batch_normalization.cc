#include "format/ops/rule.h"

namespace pare {

// X, scale, B, input_mean, input_var; in training mode also the running mean and variance go out.
Status infer_batch_normalization(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 5));
  for (size_t i = 0; i < 5; ++i) PARE_TRY(rules::need_type(context, i, is_float));
  const bool training = context.attributes.integer("training_mode", 0) != 0;
  if (!training && context.outputs.size() > 1) return rules::invalid("running statistics go out in training mode only");

  std::optional<Dims> dims = context.in(0).dims;
  Dim channels(1, context.symbols.fresh());
  if (dims) {
    if (dims->empty()) return rules::invalid("a scalar has no channels");
    channels = dims->size() > 1 ? (*dims)[1] : Dim(1);
  }
  for (size_t i = 1; i < 5; ++i) {
    if (!context.in(i).dims) continue;
    const Dims& parameter = *context.in(i).dims;
    if (parameter.size() != 1 || !rules::merge(parameter[0], channels))
      return rules::invalid("a parameter needs one element per channel", i);
    channels = *rules::merge(channels, parameter[0]);
  }
  if (dims && dims->size() > 1) (*dims)[1] = channels;
  PARE_TRY(rules::give(context, 0, context.in(0).dtype, std::move(dims)));
  PARE_TRY(rules::give(context, 1, context.in(3).dtype, Dims{channels}));
  return rules::give(context, 2, context.in(4).dtype, Dims{channels});
}

}  // namespace pare
