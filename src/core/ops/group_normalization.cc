#include "core/channels/cut.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_complete.h"

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

// Channels count up groups and then the channels of each, over which a mean is taken. A group that goes takes its own
// mean along.
static void tie_group_normalization(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  const ValueId x = node.inputs[0];
  const IndexRange channels = ties.axis(x, 1);
  const int64_t count = node.attributes.integer("num_groups", 0);
  if (count < 1 || channels.empty() || channels.count % count != 0) return ops::pin_everything(ties, node);
  const IndexRange groups = ties.fresh(static_cast<size_t>(count));
  const IndexRange each = ties.fresh(channels.count / groups.count);
  ops::tie_groups(ties, channels, groups, each);
  ties.averaged(each);
  ops::tie_axes(ties, x, node.outputs[0]);
  ops::pin_axes_from(ties, x, 2);
  for (const size_t i : {1U, 2U}) {
    const IndexRange parameter = ties.axis(node.inputs[i], 0);
    ties.tie(parameter, parameter.count == groups.count ? groups : channels);
  }
}

static void cut_group_normalization(ChannelCut& cut, NodeId id) {
  Node& node = cut.graph().node(id);
  const ValueId x = node.inputs[0];
  if (!cut.cuts(x)) return;
  const int64_t each = (*cut.graph().value(x).dims)[1].factor / node.attributes.integer("num_groups", 1);
  int64_t groups = 0, last = -1;
  for (const int32_t channel : cut.kept(x, 1)) {
    if (channel / each == last) continue;
    last = channel / each;
    ++groups;
  }
  node.attributes.set("num_groups", groups);
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
                                      .learned = {1, 2},
                                      .tie = tie_group_normalization,
                                      .cut = cut_group_normalization};

}  // namespace pare
