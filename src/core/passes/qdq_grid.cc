#include "core/passes/qdq_grid.h"

#include <algorithm>

namespace pare {
namespace {

// Element type of the levels: that of the zero point, of the input when dequantizing, u8 when nothing says.
DType level_type(const Graph& graph, const Node& node) {
  if (const Tensor* zero = graph.constant_input(node, 2)) return zero->dtype();
  if (node.op == OpKind::quantize_linear) return DType::u8;
  const DType type = graph.value(node.inputs[0]).dtype;
  return type == DType::none ? DType::u8 : type;
}

}  // namespace

std::optional<Grid> grid_of(const Graph& graph, const Node& node, const std::optional<Dims>& dims) {
  const Tensor* scale = graph.constant_input(node, 1);
  if (!scale || scale->dtype() != DType::f32 || scale->rank() > 1 || scale->size() == 0) return {};
  if (graph.value(node.inputs[1]).source_dtype != DType::none)
    return {};  // rounded on the way out, which moves the grid
  Grid grid;
  switch (level_type(graph, node)) {
    case DType::i8:
      break;
    case DType::u8:
      grid.is_signed = false;
      break;
    case DType::i32:
      grid.bits = 32;
      break;
    default:
      return {};
  }
  grid.scale.assign(scale->view<float>().begin(), scale->view<float>().end());
  if (graph.has_input(node, 2)) {
    const Tensor* zero = graph.constant_input(node, 2);
    if (!zero || zero->size() != scale->size()) return {};
    const Tensor wide = cast(*zero, DType::i32);
    const auto points = wide.view<int32_t>();
    if (std::any_of(points.begin(), points.end(), [](int32_t p) { return p != 0; }))
      grid.zero_point.assign(points.begin(), points.end());
    if (grid.bits == 32 && !grid.zero_point.empty()) return {};  // not an ONNX model, and it would overflow
  }
  if (grid.scale.size() > 1) {
    if (!dims) return {};
    const int64_t axis = node.attributes.integer("axis", 1), rank = static_cast<int64_t>(dims->size());
    if (axis < -rank || axis >= rank) return {};
    grid.axis = static_cast<int32_t>(axis < 0 ? axis + rank : axis);
  }
  Shape shape;
  for (const Dim& dim : dims.value_or(Dims{})) shape.push_back(dim.known() ? dim.factor : 1);
  const bool positive = std::all_of(grid.scale.begin(), grid.scale.end(), [](float s) { return s > 0; });
  return positive && check(grid, shape).ok() ? std::optional(std::move(grid)) : std::nullopt;
}

}  // namespace pare
