#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec transpose_attributes[] = {
    {"perm", AttributeType::integers},
};

static void tie_transpose(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const std::vector<int64_t> order = node.attributes.integers("perm");
  const auto rank = static_cast<int64_t>(ties.rank(node.inputs[0]));
  for (int64_t i = 0; i < rank; ++i) {
    const int64_t from = order.empty() ? rank - 1 - i : order[static_cast<size_t>(i)];
    ties.tie(ties.axis(node.inputs[0], from), ties.axis(node.outputs[0], i));
  }
}

const OpDef op_transpose = {.kind = OpKind::transpose,
                            .name = "Transpose",
                            .attributes = transpose_attributes,
                            .min_inputs = 1,
                            .max_inputs = 1,
                            .max_outputs = 1,
                            .moves = true,
                            .tie = tie_transpose};

}  // namespace pare
