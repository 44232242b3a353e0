#include "core/edit.h"
#include "core/error.h"
#include "core/ops/define.h"
#include "core/ops/resize.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec upsample_attributes[] = {
    {"mode", AttributeType::text},
};

// Until opset 8 the scales were an attribute.
static void lift_upsample(Graph& graph, NodeId id, int64_t version) {
  if (version >= 10) return;
  if (version < 9) {
    const AttributeValue* list = graph.node(id).attributes.find("scales");
    const auto* scales = list != nullptr ? std::get_if<std::vector<float>>(list) : nullptr;
    ensure(scales != nullptr, "no scales");
    const Tensor constant = Tensor::of<float>({static_cast<int64_t>(scales->size())}, *scales);
    set_input(graph, id, 1, add_constant(graph, ops::name_beside(graph, graph.node(id), "scales"), constant));
  }
  ops::lift_old_resize(graph, id);
}

// No opset that is written has it any more.
static void lower_upsample(Graph&, NodeId, int64_t version) { ops::unsupported(version, "has Resize instead"); }

static void tie_upsample(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const Tensor* scales = ties.graph().constant_input(node, 1);
  if (!scales || scales->size() != static_cast<int64_t>(ties.rank(node.inputs[0])))
    return ops::pin_everything(ties, node);
  const Tensor factors = cast(*scales, DType::f32);
  for (size_t axis = 0; axis < ties.rank(node.inputs[0]); ++axis) {
    const auto a = static_cast<int64_t>(axis);
    if (factors.view<float>()[axis] == 1) {
      ops::tie_same(ties, node.inputs[0], axis, node.outputs[0], axis);
    } else {
      ties.pin_axis(node.inputs[0], a);
      ties.pin_axis(node.outputs[0], a);
    }
  }
  ties.pin(node.inputs[1]);
}

const OpDef op_upsample = {.kind = OpKind::upsample,
                           .name = "Upsample",
                           .attributes = upsample_attributes,
                           .min_inputs = 1,
                           .max_inputs = 2,
                           .max_outputs = 1,
                           .lift = lift_upsample,
                           .lower = lower_upsample,
                           .since = 7,
                           .tie = tie_upsample};

}  // namespace pare
