// The reverse of fold_qdq: grids that QuantizeLinear/DequantizeLinear of opset 17 can say become nodes again.
#include <algorithm>

#include "core/edit.h"
#include "core/passes/pass.h"
#include "core/passes/rewrite.h"

namespace pare {
namespace {

// Element type that holds the levels of a grid, if DequantizeLinear takes one: 8 bits, or i32 without zero points.
DType onnx_level_type(const Grid& grid) {
  if (grid.kind != GridKind::affine || grid.block != 0) return DType::none;
  if (grid.bits <= 8) {
    const int32_t low = grid.is_signed ? -128 : 0;
    const auto fits = [low](int32_t zero) { return zero >= low && zero <= low + 255; };
    if (!std::all_of(grid.zero_point.begin(), grid.zero_point.end(), fits)) return DType::none;
    return grid.is_signed ? DType::i8 : DType::u8;
  }
  return grid.is_signed && grid.zero_point.empty() ? DType::i32 : DType::none;
}

class QdqUnfolder {
 public:
  explicit QdqUnfolder(Graph& graph) : graph_(graph) {}

  bool run() {
    bool changed = false;
    const size_t count = graph_.values.size();
    for (size_t i = 0; i < count; ++i) {
      const ValueId id = static_cast<ValueId>(i);
      if (graph_.value(id).constant)
        changed |= unfold_constant(id);
      else if (graph_.value(id).activation_grid)
        changed |= unfold_activation(id);
    }
    if (changed) {
      sort_topologically(graph_);  // nodes were appended behind those that read them
      compact(graph_);
    }
    return changed;
  }

 private:
  bool unfold_constant(ValueId id) {
    const Value& value = graph_.value(id);
    if (!value.encoding.grid || value.users.empty() || has_public_name(graph_, id)) return false;
    const Grid grid = *value.encoding.grid;
    const DType type = onnx_level_type(grid);
    if (type == DType::none) return false;
    const std::string name = value.name;  // values move when constants are added
    const Operands operands = operands_of(name, grid, type);
    const ValueId levels = add_constant(graph_, unique_name(graph_, graph_.value(id).name + "_quantized"),
                                        cast(*graph_.value(id).encoding.levels, type));
    Value& made = graph_.value(id);  // keeps name and users, and is computed from now on
    made.constant.reset();
    made.encoding = {};
    made.trainable = false;
    append_node(OpKind::dequantize_linear, grid, levels, operands, id);
    return true;
  }

  bool unfold_activation(ValueId x) {
    const Grid grid = *graph_.value(x).activation_grid;
    const DType type = onnx_level_type(grid);
    if (grid.bits != 8 || type == DType::none) return false;
    const std::string name = graph_.value(x).name;
    const Operands operands = operands_of(name, grid, type);
    graph_.value(x).activation_grid.reset();
    const ValueId q = add_value(graph_, unique_name(graph_, name + "_quantized"), type, graph_.value(x).dims);
    const ValueId y = add_value(graph_, unique_name(graph_, name + "_dequantized"), DType::f32, graph_.value(x).dims);
    replace_uses(graph_, x, y);
    append_node(OpKind::quantize_linear, grid, x, operands, q);
    append_node(OpKind::dequantize_linear, grid, q, operands, y);
    return true;
  }

  struct Operands {
    ValueId scale, zero_point;
  };

  Operands operands_of(const std::string& name, const Grid& grid, DType type) {
    const Shape shape = grid.axis < 0 ? Shape{} : Shape{static_cast<int64_t>(grid.scale.size())};
    const ValueId scale =
        add_constant(graph_, unique_name(graph_, name + "_scale"), Tensor::of<float>(shape, grid.scale));
    if (type == DType::i32) return {scale, kNoValue};
    std::vector<int32_t> points = grid.zero_point;
    points.resize(grid.scale.size(), 0);
    return {scale, add_constant(graph_, unique_name(graph_, name + "_zero_point"),
                                cast(Tensor::of<int32_t>(shape, points), type))};
  }

  void append_node(OpKind op, const Grid& grid, ValueId input, const Operands& operands, ValueId output) {
    Node node;
    node.op = op;
    node.type = onnx_name(op);
    node.name = unique_name(graph_, graph_.value(output).name + "_" + node.type);
    node.inputs = {input, operands.scale};
    if (operands.zero_point != kNoValue) node.inputs.push_back(operands.zero_point);
    node.outputs = {output};
    if (grid.axis >= 0) node.attributes.set("axis", int64_t{grid.axis});
    add_node(graph_, std::move(node));
  }

  Graph& graph_;
};

}  // namespace

bool unfold_qdq(Graph& graph) { return QdqUnfolder(graph).run(); }

extern const PassDef pass_unfold_qdq;
const PassDef pass_unfold_qdq{"unfold_qdq", "write grids as QuantizeLinear/DequantizeLinear nodes", unfold_qdq, false};

}  // namespace pare
