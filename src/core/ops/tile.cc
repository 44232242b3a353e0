#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"

namespace pare {

// Copies go when the original goes.
static void tie_tile(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const std::optional<Shape> repeats = ops::known_list(ties.graph(), node, 1);
  const size_t rank = ties.rank(node.inputs[0]);
  if (!repeats || repeats->size() != rank) return ops::pin_everything(ties, node);
  ties.pin(node.inputs[1]);
  for (size_t axis = 0; axis < rank; ++axis) {
    const IndexRange from = ties.axis(node.inputs[0], static_cast<int64_t>(axis));
    const IndexRange to = ties.axis(node.outputs[0], static_cast<int64_t>(axis));
    const bool known = (*ties.graph().value(node.inputs[0]).dims)[axis].known();
    const bool copies = from.count > 0 && to.count % from.count == 0 && to.count / from.count == (*repeats)[axis];
    if (copies && (known || (*repeats)[axis] == 1)) {
      for (size_t i = 0; i < to.count; ++i) ties.tie(from[i % from.count], to[i]);
    } else {
      ties.pin(from);  // copies of a multiple of a symbol: the copy is the slowest part
      ties.pin(to);
    }
  }
}

const OpDef op_tile = {.kind = OpKind::tile,
                       .name = "Tile",
                       .min_inputs = 2,
                       .max_inputs = 2,
                       .max_outputs = 1,
                       .moves = true,
                       .tie = tie_tile};

}  // namespace pare
