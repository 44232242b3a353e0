// RNN, LSTM, GRU: hidden units, in both directions together, and features of the input. The gates of a unit, which
// come first in the axis that counts up both, go with it.
#pragma once

#include "core/channels/cut.h"
#include "core/ops/ties_axes.h"

namespace pare::ops {

// X [steps, batch, inputs], W [directions, gates hidden, inputs], R [directions, gates hidden, hidden],
// B [directions, 2 gates hidden], sequence_lens [batch], initial_h and initial_c [directions, batch, hidden],
// P [directions, 3 hidden]; Y [steps, directions, batch, hidden], Y_h and Y_c like initial_h. With layout = 1 the batch
// comes first in X, Y and the states.
inline void tie_recurrent(ChannelTies& ties, const Node& node) {
  if (pin_where_unknown(ties, node)) return;
  const Graph& graph = ties.graph();
  const bool batch_first = node.attributes.integer("layout", 0) != 0;
  const ValueId x = node.inputs[0], w = node.inputs[1], r = node.inputs[2];
  const IndexRange hidden = ties.axis(r, 2), batch = ties.axis(x, batch_first ? 0 : 1);
  const auto tie_gates = [&](ValueId v) {  // [directions, gates hidden]
    ties.pin_axis(v, 0);
    const IndexRange all = ties.axis(v, 1);
    if (hidden.empty() || all.count % hidden.count != 0) return ties.pin(all);
    const IndexRange gates = ties.fresh(all.count / hidden.count);
    ties.pin(gates);
    ties.tie_product(all, {gates, hidden});
  };
  const auto tie_state = [&](ValueId v) {
    ties.tie(ties.axis(v, batch_first ? 0 : 1), batch);
    ties.pin_axis(v, batch_first ? 1 : 0);
    ties.tie(ties.axis(v, 2), hidden);
  };
  ties.pin_axis(x, batch_first ? 1 : 0);  // steps
  ties.tie(ties.axis(x, 2), ties.axis(w, 2));
  tie_gates(w);
  tie_gates(r);
  if (graph.has_input(node, 3)) tie_gates(node.inputs[3]);
  if (graph.has_input(node, 4)) ties.tie(ties.axis(node.inputs[4], 0), batch);
  for (const size_t state : {5U, 6U})
    if (graph.has_input(node, state)) tie_state(node.inputs[state]);
  if (graph.has_input(node, 7)) tie_gates(node.inputs[7]);
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    const ValueId v = node.outputs[i];
    if (v == kNoValue) continue;
    if (i > 0) {
      tie_state(v);
      continue;
    }
    ties.tie(ties.axis(v, batch_first ? 0 : 2), batch);
    ties.pin_axis(v, batch_first ? 1 : 0);
    ties.pin_axis(v, batch_first ? 2 : 1);
    ties.tie(ties.axis(v, 3), hidden);
  }
}

inline void cut_recurrent(ChannelCut& cut, NodeId id) {
  Node& node = cut.graph().node(id);
  if (node.attributes.has("hidden_size") && cut.cuts(node.inputs[2]))
    node.attributes.set("hidden_size", cut.dim(node.inputs[2], 2).factor);
}

}  // namespace pare::ops
