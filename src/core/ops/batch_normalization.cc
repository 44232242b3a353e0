#include "core/edit.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_complete.h"

namespace pare {

static constexpr AttributeSpec batch_normalization_attributes[] = {
    {"epsilon", AttributeType::real},
    {"momentum", AttributeType::real},
    {"training_mode", AttributeType::integer},
};

// Before opset 14 more outputs than Y said training: mean, var, and saved_mean, saved_var, which are gone since.
static void lift_batch_normalization(Graph& graph, NodeId id, int64_t version) {
  Node& node = graph.node(id);
  if (version < 9) {
    if (node.attributes.integer("spatial", 1) == 0)
      ops::unsupported(version, "normalizes each element by itself (spatial = 0), which newer ones do not");
    node.attributes.erase("spatial");
  }
  if (version >= 14) return;
  bool training = false;
  for (size_t i = 1; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue) continue;
    training = true;
    if (i < 3) continue;
    const Value& saved = graph.value(node.outputs[i]);
    if (!saved.users.empty() || has_public_name(graph, node.outputs[i]))
      ops::unsupported(version, "gives saved statistics, which newer ones do not");
  }
  if (!training) {
    node.outputs.resize(std::min<size_t>(node.outputs.size(), 1));
    return;
  }
  node.outputs.resize(std::min<size_t>(node.outputs.size(), 3));
  rebuild_links(graph);
  node.attributes.set("training_mode", int64_t{1});
}

static void lower_batch_normalization(Graph& graph, NodeId id, int64_t version) {
  if (version >= 14) return;
  const bool training = graph.node(id).attributes.integer("training_mode", 0) != 0;
  graph.node(id).attributes.erase("training_mode");
  if (!training) return;
  graph.node(id).outputs.resize(3, kNoValue);
  for (size_t i = 1; i < 3; ++i) {
    if (graph.node(id).outputs[i] != kNoValue) continue;
    const ValueId statistic =
        add_value(graph, ops::name_beside(graph, graph.node(id), i == 1 ? "mean" : "var"), DType::f32);
    graph.node(id).outputs[i] = statistic;
  }
  rebuild_links(graph);
}

// Statistics that are taken here, in training, are over all axes but that of the channels.
static void tie_batch_normalization(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  const ValueId x = node.inputs[0];
  ops::tie_axes(ties, x, node.outputs[0]);
  const bool training = node.attributes.integer("training_mode", 0) != 0;
  for (size_t axis = 0; training && axis < ties.rank(x); ++axis)
    if (axis != 1) ties.pin_axis(x, static_cast<int64_t>(axis));
  for (size_t i = 1; i < 5; ++i) ties.tie(ties.axis(node.inputs[i], 0), ties.axis(x, 1));
  for (size_t i = 1; i < node.outputs.size(); ++i)
    if (node.outputs[i] != kNoValue) ties.tie(ties.axis(node.outputs[i], 0), ties.axis(x, 1));
}

const OpDef op_batch_normalization = {.kind = OpKind::batch_normalization,
                                      .name = "BatchNormalization",
                                      .attributes = batch_normalization_attributes,
                                      .min_inputs = 5,
                                      .max_inputs = 5,
                                      .max_outputs = 3,
                                      .lift = lift_batch_normalization,
                                      .lower = lower_batch_normalization,
                                      .learned = {1, 2},
                                      .tie = tie_batch_normalization};

}  // namespace pare
