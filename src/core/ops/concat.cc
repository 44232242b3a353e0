#include <algorithm>

#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec concat_attributes[] = {
    {"axis", AttributeType::integer},
};

static void tie_concat(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const ValueId out = node.outputs[0];
  const size_t axis = ops::axis_of(ties.graph(), node, out, 0);
  const auto is_known = [&](ValueId v) { return (*ties.graph().value(v).dims)[axis].known(); };
  bool known = std::all_of(node.inputs.begin(), node.inputs.end(), is_known);
  size_t offset = 0;
  for (const ValueId v : node.inputs) offset += ties.axis(v, static_cast<int64_t>(axis)).count;
  known = known && offset == ties.axis(out, static_cast<int64_t>(axis)).count;
  offset = 0;
  for (const ValueId v : node.inputs) {
    ops::tie_axes_but(ties, v, out, axis);
    const IndexRange range = ties.axis(v, static_cast<int64_t>(axis));
    if (known)
      ties.tie(range, ties.axis(out, static_cast<int64_t>(axis)).part(offset, range.count));
    else
      ties.pin(range);
    offset += range.count;
  }
  if (!known) ties.pin_axis(out, static_cast<int64_t>(axis));
}

const OpDef op_concat = {.kind = OpKind::concat,
                         .name = "Concat",
                         .attributes = concat_attributes,
                         .min_inputs = 1,
                         .max_inputs = -1,
                         .max_outputs = 1,
                         .joins = true,
                         .tie = tie_concat};

}  // namespace pare
