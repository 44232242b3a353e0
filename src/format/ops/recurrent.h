// RNN, LSTM, GRU: X [steps, batch, inputs], W [directions, gates hidden, inputs], R [directions, gates hidden, hidden].
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

// Y [steps, directions, batch, hidden], Y_h [directions, batch, hidden], and for LSTM Y_c like Y_h. With layout = 1 the
// batch comes first.
inline Status infer_recurrent(InferContext& context, int64_t gates) {
  PARE_TRY(need_inputs(context, 3));
  PARE_ASSIGN(const DType dtype, common_type(context, 0, 3));
  PARE_TRY(need_type(context, 0, is_float));
  const std::optional<Dims>&x = context.in(0).dims, &recurrence = context.in(2).dims;
  const std::string direction = context.attributes.text("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    return invalid("the direction is unknown");
  const Dim directions(direction == "bidirectional" ? 2 : 1);
  if (x && x->size() != 3) return invalid("the input must be [steps, batch, inputs]");
  if (recurrence && recurrence->size() != 3) return invalid("the recurrence weight must have 3 dimensions", 2);
  Dim hidden(1, context.symbols.fresh());
  if (context.attributes.has("hidden_size")) hidden = Dim(context.attributes.integer("hidden_size", 0));
  if (recurrence) {
    const std::optional<Dim> merged = merge(hidden, recurrence->back());
    if (!merged || !merge((*recurrence)[0], directions)) return invalid("the recurrence weight has another size", 2);
    hidden = *merged;
    const std::optional<int64_t> rows = hidden.known() ? checked_mul(hidden.factor, gates) : std::nullopt;
    if (rows && !merge((*recurrence)[1], *rows)) return invalid("the recurrence weight has another size", 2);
  }
  const bool batch_first = context.attributes.integer("layout", 0) != 0;
  std::optional<Dims> all, last;
  if (x) {
    const Dim steps = (*x)[batch_first ? 1 : 0], batch = (*x)[batch_first ? 0 : 1];
    all = batch_first ? Dims{batch, steps, directions, hidden} : Dims{steps, directions, batch, hidden};
    last = batch_first ? Dims{batch, directions, hidden} : Dims{directions, batch, hidden};
  }
  PARE_TRY(give(context, 0, dtype, all));
  PARE_TRY(give(context, 1, dtype, last));
  return give(context, 2, dtype, last);
}

}  // namespace pare::rules
