#include "core/edit.h"
#include "core/error.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"

namespace pare {

static constexpr AttributeSpec group_normalization_attributes[] = {
    {"epsilon", AttributeType::real},
    {"num_groups", AttributeType::integer},
    {"stash_type", AttributeType::integer},
};

// Scale and shift per channel from those per group, or the other way. Error(unsupported) where they are computed, or
// differ within a group that gets a single one.
static void regroup(Graph& graph, NodeId id, int64_t groups, int64_t channels, bool per_channel, int64_t version) {
  const size_t each = static_cast<size_t>(channels / groups);
  for (size_t i = 1; i <= 2; ++i) {
    const Node& node = graph.node(id);
    const Tensor* given = graph.constant_input(node, i);
    if (given == nullptr || !is_float(given->dtype()))
      ops::unsupported(version, "has a scale per group, later ones have one per channel: that needs constants");
    ensure(given->size() == (per_channel ? groups : channels), "input {} has {} elements", i, given->size());
    const Tensor wide = cast(*given, DType::f32);
    const auto from = wide.view<float>();
    std::vector<float> to;
    for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
      const float element = from[per_channel ? c / each : c];
      if (per_channel || c % each == 0)
        to.push_back(element);
      else if (element != to.back())
        ops::unsupported(version, "has one scale per group, not per channel");
    }
    const Tensor changed = cast(Tensor::of<float>({static_cast<int64_t>(to.size())}, to), given->dtype());
    const Value& before = graph.value(node.inputs[i]);
    const DType source = before.source_dtype;
    const bool trainable = before.trainable;
    const ValueId after = add_constant(graph, ops::name_beside(graph, node, i == 1 ? "scale" : "bias"), changed);
    graph.value(after).source_dtype = source;
    graph.value(after).trainable = trainable;
    set_input(graph, id, i, after);
  }
}

// Opset 21 gave every channel its own scale and shift; before, the channels of a group shared them.
static void change_group_normalization(Graph& graph, NodeId id, int64_t version, bool per_channel) {
  const int64_t groups = graph.node(id).attributes.integer("num_groups", 0);
  const std::optional<Dims>& dims = graph.value(graph.node(id).inputs.at(0)).dims;
  if (!dims || dims->size() < 2 || !(*dims)[1].known())
    ops::unsupported(version, "has a scale per group, later ones have one per channel, whose number is not known");
  const int64_t channels = (*dims)[1].factor;
  ensure(groups >= 1 && channels % groups == 0, "{} channels do not divide into {} groups", channels, groups);
  if (channels != groups) regroup(graph, id, groups, channels, per_channel, version);
}
static void lift_group_normalization(Graph& graph, NodeId id, int64_t version) {
  if (version < 21) change_group_normalization(graph, id, version, /*per_channel=*/true);
}
static void lower_group_normalization(Graph& graph, NodeId id, int64_t version) {
  if (version >= 21) return;
  graph.node(id).attributes.erase("stash_type");
  change_group_normalization(graph, id, version, /*per_channel=*/false);
}

const OpDef op_group_normalization = {.kind = OpKind::group_normalization,
                                      .name = "GroupNormalization",
                                      .attributes = group_normalization_attributes,
                                      .min_inputs = 3,
                                      .max_inputs = 3,
                                      .max_outputs = 1,
                                      .lift = lift_group_normalization,
                                      .lower = lower_group_normalization,
                                      .since = 18,
                                      .lift_needs_facts = true,
                                      .learned = {1, 2}};

}  // namespace pare
