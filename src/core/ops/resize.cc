#include <algorithm>

#include "core/channels/cut.h"
#include "core/edit.h"
#include "core/ops/define.h"
#include "core/ops/resize.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"
#include "core/ops/ties_shape_list.h"

namespace pare {

static constexpr AttributeSpec resize_attributes[] = {
    {"antialias", AttributeType::integer},
    {"axes", AttributeType::integers},
    {"coordinate_transformation_mode", AttributeType::text},
    {"cubic_coeff_a", AttributeType::real},
    {"exclude_outside", AttributeType::integer},
    {"extrapolation_value", AttributeType::real},
    {"keep_aspect_ratio_policy", AttributeType::text},
    {"mode", AttributeType::text},
    {"nearest_mode", AttributeType::text},
};

// Until opset 12 what is not given is an empty list.
static void drop_empty_lists(Graph& graph, NodeId id) {
  for (size_t i = 1; i < graph.node(id).inputs.size(); ++i) {
    const Tensor* list = graph.constant_input(graph.node(id), i);
    if (list != nullptr && list->size() == 0) set_input(graph, id, i, kNoValue);
  }
}

// Opset 11 had a way of its own to say what half_pixel says with another rounding.
static void lift_tf_half_pixel(Attributes& attributes, int64_t version) {
  if (attributes.text("coordinate_transformation_mode", "half_pixel") != "tf_half_pixel_for_nn") return;
  if (attributes.text("mode", "nearest") != "nearest" || attributes.text("nearest_mode", "") != "floor")
    ops::unsupported(version, "has tf_half_pixel_for_nn, of which only the nearest floor can be said in newer ones");
  attributes.set("coordinate_transformation_mode", std::string("half_pixel"));
  attributes.set("nearest_mode", std::string("round_prefer_ceil"));
}

static void lift_resize(Graph& graph, NodeId id, int64_t version) {
  if (version < 11) {
    ops::lift_old_resize(graph, id);
    return;
  }
  drop_empty_lists(graph, id);
  lift_tf_half_pixel(graph.node(id).attributes, version);
}

static void lower_resize(Graph& graph, NodeId id, int64_t version) {
  Attributes& attributes = graph.node(id).attributes;
  if (version < 19 && attributes.text("coordinate_transformation_mode", "") == "half_pixel_symmetric")
    ops::unsupported(version, "does not have half_pixel_symmetric");
  if (version >= 18) return;
  if (attributes.integer("antialias", 0) != 0) ops::unsupported(version, "resizes without antialias");
  if (attributes.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    ops::unsupported(version, "resizes without regard to the aspect ratio");
  if (attributes.has("axes")) ops::unsupported(version, "resizes all axes, not a choice of them");
  attributes.erase("antialias");
  attributes.erase("keep_aspect_ratio_policy");
  if (version >= 13) return;
  for (size_t i = 1; i <= 2; ++i) {
    if (graph.has_input(graph.node(id), i)) continue;
    set_input(graph, id, i,
              add_constant(graph, ops::name_beside(graph, graph.node(id), i == 1 ? "roi" : "scales"),
                           Tensor(DType::f32, {0})));
  }
}

// Is nothing done to the axis? The same size is not enough where one is scaled and rounded.
static bool keeps_axis(const Graph& graph, const Node& node, size_t axis) {
  const Dims &from = *graph.value(node.inputs[0]).dims, &to = *graph.value(node.outputs[0]).dims;
  if (from[axis] != to[axis]) return false;
  size_t place = axis;  // in scales and sizes
  if (node.attributes.has("axes")) {
    const std::vector<int64_t> axes = node.attributes.integers("axes");
    const auto rank = static_cast<int64_t>(from.size());
    place = 0;
    while (place < axes.size() && static_cast<size_t>(axes[place] < 0 ? axes[place] + rank : axes[place]) != axis)
      ++place;
    if (place == axes.size()) return true;
    if (graph.has_input(node, 3)) return false;  // cut_resize writes sizes of all axes alone
  }
  if (graph.has_input(node, 3)) return true;
  const Tensor* scales = graph.constant_input(node, 2);
  return scales && static_cast<int64_t>(place) < scales->size() && cast(*scales, DType::f32).view<float>()[place] == 1;
}

static void tie_resize(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const Attributes& attributes = node.attributes;
  if (attributes.text("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize" ||
      attributes.text("keep_aspect_ratio_policy", "stretch") != "stretch" ||
      ties.rank(node.inputs[0]) != ties.rank(node.outputs[0]))
    return ops::pin_everything(ties, node);
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != kNoValue) ties.pin(node.inputs[i]);
  }
  for (size_t axis = 0; axis < ties.rank(node.inputs[0]); ++axis) {
    const auto a = static_cast<int64_t>(axis);
    if (keeps_axis(ties.graph(), node, axis)) {
      ties.tie(ties.axis(node.inputs[0], a), ties.axis(node.outputs[0], a));
    } else {
      ties.pin_axis(node.inputs[0], a);
      ties.pin_axis(node.outputs[0], a);
    }
  }
  if (ties.graph().has_input(node, 3) && !attributes.has("axes")) ops::pin_computed_dims(ties, node, 3);
}

static void cut_resize(ChannelCut& cut, NodeId id) {
  const Node& node = cut.graph().node(id);
  if (cut.graph().has_input(node, 3) && !node.attributes.has("axes")) ops::cut_shape_list(cut, id, 3);
}

const OpDef op_resize = {.kind = OpKind::resize,
                         .name = "Resize",
                         .attributes = resize_attributes,
                         .min_inputs = 1,
                         .max_inputs = 4,
                         .max_outputs = 1,
                         .lift = lift_resize,
                         .lower = lower_resize,
                         .since = 11,
                         .tie = tie_resize,
                         .cut = cut_resize};

}  // namespace pare
