// Losses over classes: scores [N, C, d1 ...] and targets [N, d1 ...].
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

// One loss per target, or with a reduction one number.
inline Status infer_class_loss(InferContext& context) {
  PARE_TRY(need_inputs(context, 2));
  PARE_TRY(need_type(context, 0, is_float));
  PARE_TRY(need_type(context, 1, is_index));
  const TensorFacts &scores = context.in(0), &targets = context.in(1);
  if (scores.dims && scores.dims->size() < 2) return invalid("the scores have no axis of classes");
  if (scores.dims && targets.dims && scores.dims->size() != targets.dims->size() + 1)
    return invalid("targets have the dimensions of the scores without that of the classes", 1);
  const std::string reduction = context.attributes.text("reduction", "mean");
  if (reduction != "mean" && reduction != "sum" && reduction != "none") return invalid("the reduction is unknown");
  return give(context, 0, scores.dtype, reduction == "none" ? targets.dims : std::optional<Dims>(Dims{}));
}

}  // namespace pare::rules
