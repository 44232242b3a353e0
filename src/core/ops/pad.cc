#include "core/edit.h"
#include "core/error.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"

namespace pare {

static constexpr AttributeSpec pad_attributes[] = {
    {"mode", AttributeType::text},
};

// Until opset 10 pads and value were attributes; from 18 on pads may be for some axes only.
static void lift_pad(Graph& graph, NodeId id, int64_t version) {
  if (version < 11) {
    ops::integers_to_input(graph, id, "pads", 1);
    ops::real_to_input(graph, id, "value", 2);
  }
  if (version < 18) return;
  const Node& node = graph.node(id);
  if (node.attributes.text("mode", "constant") == "wrap") ops::unsupported(version, "pads with the other end");
  if (!graph.has_input(node, 3)) return;
  const std::optional<Dims>& dims = graph.value(node.inputs[0]).dims;
  if (!dims) ops::unsupported(version, "pads some axes of a tensor of unknown rank");
  const Shape axes = ops::constant_integers(graph, node, 3, version);
  const Shape some = ops::constant_integers(graph, node, 1, version);
  ensure(some.size() == 2 * axes.size(), "pads must be two numbers per axis");
  const int64_t rank = static_cast<int64_t>(dims->size());
  Shape pads(2 * dims->size(), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    ensure(axis >= 0 && axis < rank, "the axis is out of range");
    pads[static_cast<size_t>(axis)] = some[i];
    pads[static_cast<size_t>(axis + rank)] = some[axes.size() + i];
  }
  set_input(graph, id, 1, ops::integers_constant(graph, id, "pads", pads));
  ops::keep_inputs(graph, id, 3);
}

const OpDef op_pad = {.kind = OpKind::pad,
                      .name = "Pad",
                      .attributes = pad_attributes,
                      .min_inputs = 2,
                      .max_inputs = 3,
                      .max_outputs = 1,
                      .lift = lift_pad,
                      .lift_needs_facts = true};

}  // namespace pare
