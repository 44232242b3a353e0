#include <algorithm>

#include "core/edit.h"
#include "core/error.h"
#include "core/ops/resize.h"
#include "core/ops/rewrite.h"

namespace pare::ops {

static Attributes old_resize_attributes(const std::string& mode, bool shrinks) {
  Attributes attributes;
  attributes.set("coordinate_transformation_mode", std::string("asymmetric"));
  attributes.set("mode", mode);
  if (mode == "nearest") attributes.set("nearest_mode", std::string(shrinks ? "ceil" : "floor"));
  return attributes;
}

// The old text does not say where elements come from. As ONNX Runtime has it: element i of the result lies at i /
// scale, and of its neighbours the lower one counts where an axis grows, the upper one where it shrinks. A node that
// does both becomes two. Where scales are computed, axes are taken to grow.
void lift_old_resize(Graph& graph, NodeId id) {
  const std::string mode = graph.node(id).attributes.text("mode", "nearest");
  ensure(mode == "nearest" || mode == "linear", "mode '{}'", mode);
  ensure(graph.has_input(graph.node(id), 1), "no scales");
  const Tensor* constant = graph.constant_input(graph.node(id), 1);
  std::vector<float> grow, shrink;
  if (constant != nullptr && is_float(constant->dtype()) && mode == "nearest") {
    const Tensor wide = cast(*constant, DType::f32);
    for (const float scale : wide.view<float>()) {
      grow.push_back(std::max(scale, 1.0F));
      shrink.push_back(std::min(scale, 1.0F));
    }
  }
  const auto changes = [](const std::vector<float>& scales) {
    return std::any_of(scales.begin(), scales.end(), [](float scale) { return scale != 1; });
  };
  const auto scales_constant = [&](const std::vector<float>& scales) {
    return add_constant(graph, name_beside(graph, graph.node(id), "scales"),
                        Tensor::of<float>({static_cast<int64_t>(scales.size())}, scales));
  };
  ValueId scales = graph.node(id).inputs[1];
  const bool shrinks = changes(shrink);
  if (shrinks && changes(grow)) {
    const ValueId x = graph.node(id).inputs.at(0);
    const ValueId shrunk = insert_before(graph, id, OpKind::resize, "shrunk", {x, kNoValue, scales_constant(shrink)},
                                         old_resize_attributes(mode, true));
    set_input(graph, id, 0, shrunk);
    scales = scales_constant(grow);
  }
  set_input(graph, id, 1, kNoValue);
  set_input(graph, id, 2, scales);
  Node& node = graph.node(id);
  node.attributes = old_resize_attributes(mode, shrinks && !changes(grow));
  node.op = OpKind::resize;
  node.type = onnx_name(OpKind::resize);
}

}  // namespace pare::ops
