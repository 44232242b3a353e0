// QuantizeLinear and DequantizeLinear become what they decide: grids on the values they quantize.
#include <algorithm>
#include <cmath>

#include "core/edit.h"
#include "core/passes/pass.h"
#include "core/passes/qdq_grid.h"
#include "core/passes/rewrite.h"

namespace pare {
namespace {

// Levels of a float tensor as QuantizeLinear gives them: divide, round to even, shift, saturate.
Tensor quantized(const Grid& grid, const Tensor& tensor) {
  Tensor levels(DType::i32, tensor.shape());
  auto out = levels.edit<int32_t>();
  const auto in = tensor.view<float>();
  size_t inner = 1;
  for (size_t i = static_cast<size_t>(grid.axis) + 1; grid.axis >= 0 && i < tensor.rank(); ++i)
    inner *= static_cast<size_t>(tensor.dim(i));
  for (size_t i = 0; i < in.size(); ++i) {
    const size_t c = grid.axis < 0 ? 0 : i / inner % grid.scale.size();
    const double zero = grid.zero_point.empty() ? 0 : grid.zero_point[c];
    const double level = std::nearbyint(static_cast<double>(in[i] / grid.scale[c])) + zero;
    out[i] = static_cast<int32_t>(
        std::clamp(level, static_cast<double>(grid.lowest()), static_cast<double>(grid.highest())));
  }
  return levels;
}

bool has_nan(const Tensor& tensor) {
  const auto values = tensor.view<float>();
  return std::any_of(values.begin(), values.end(), [](float v) { return std::isnan(v); });
}

class QdqFolder {
 public:
  explicit QdqFolder(Graph& graph) : graph_(graph) { infer_shapes(graph_); }

  bool run() {
    bool changed = false;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].dead) continue;
      if (graph_.nodes[i].op == OpKind::dequantize_linear) changed |= fold_constant(static_cast<NodeId>(i));
      if (graph_.nodes[i].op == OpKind::quantize_linear) changed |= fold_pairs(graph_.nodes[i].inputs[0]);
    }
    if (changed) compact(graph_);
    return changed;
  }

 private:
  // DequantizeLinear of stored levels, or of a constant that is quantized at run time: a constant with levels.
  bool fold_constant(NodeId id) {
    const Node& node = graph_.node(id);
    const ValueId q = node.inputs[0], y = node.outputs[0];
    if (has_public_name(graph_, y) || graph_.value(y).activation_grid) return false;
    std::optional<Grid> grid = grid_of(graph_, node, graph_.value(q).dims);
    if (!grid) return false;
    NodeId quantizer = kNoNode;
    Tensor levels;
    if (const auto& stored = graph_.value(q).constant) {
      if (level_bits(stored->dtype()) != grid->bits) return false;
      levels = cast(*stored, DType::i32);
    } else {
      quantizer = graph_.value(q).producer;
      const Tensor* x = quantizer == kNoNode ? nullptr : constant_behind(quantizer);
      if (!x || grid_of(graph_, graph_.node(quantizer), graph_.value(q).dims) != grid) return false;
      levels = quantized(*grid, *x);
    }
    auto values = dequantize(*grid, levels, levels.shape());
    if (!values.ok()) return false;
    Value& w = graph_.value(replace_by_constant(graph_, y, std::move(*values)));
    w.encoding.grid = std::move(grid);
    w.encoding.levels = std::move(levels);
    remove_node(graph_, id);
    if (quantizer != kNoNode && graph_.value(q).users.empty() && !has_public_name(graph_, q))
      remove_node(graph_, quantizer);
    return true;
  }

  static int level_bits(DType type) { return type == DType::i8 || type == DType::u8 ? 8 : type == DType::i32 ? 32 : 0; }

  // The plain float constant a QuantizeLinear reads.
  const Tensor* constant_behind(NodeId quantizer) const {
    const Node& node = graph_.node(quantizer);
    if (node.op != OpKind::quantize_linear || !graph_.has_input(node, 0)) return nullptr;
    const Value& x = graph_.value(node.inputs[0]);
    const bool plain =
        x.constant && x.constant->dtype() == DType::f32 && x.encoding.empty() && x.source_dtype == DType::none;
    return plain && !has_nan(*x.constant) ? &*x.constant : nullptr;
  }

  // All that read `x` are equal QuantizeLinear nodes, and only equal DequantizeLinear nodes read those: the pairs
  // become the activation grid of x.
  bool fold_pairs(ValueId x) {
    const Value& value = graph_.value(x);
    if (value.constant || value.activation_grid || is_graph_output(graph_, x))
      return false;  // an output shows x unquantized
    std::optional<Grid> grid;
    std::vector<NodeId> quantizers, dequantizers;
    for (const NodeId user : value.users) {
      const Node& q = graph_.node(user);
      if (q.op != OpKind::quantize_linear || q.inputs[0] != x || has_public_name(graph_, q.outputs[0])) return false;
      const auto own = grid_of(graph_, q, value.dims);
      if (!own || (grid && own != grid)) return false;
      grid = own;
      quantizers.push_back(user);
      for (const NodeId reader : graph_.value(q.outputs[0]).users) {
        const Node& dq = graph_.node(reader);
        if (dq.op != OpKind::dequantize_linear || dq.inputs[0] != q.outputs[0]) return false;
        const ValueId y = dq.outputs[0];
        if (graph_.value(y).activation_grid || grid_of(graph_, dq, value.dims) != grid) return false;
        if (has_public_name(graph_, y) && has_public_name(graph_, x)) return false;
        dequantizers.push_back(reader);
      }
    }
    const auto is_public = [&](NodeId dq) { return has_public_name(graph_, graph_.node(dq).outputs[0]); };
    if (dequantizers.empty() || std::count_if(dequantizers.begin(), dequantizers.end(), is_public) > 1) return false;
    for (const NodeId dq : dequantizers) {
      replace_uses(graph_, graph_.node(dq).outputs[0], x);
      remove_node(graph_, dq);
    }
    for (const NodeId q : quantizers) remove_node(graph_, q);
    graph_.value(x).activation_grid = std::move(grid);
    return true;
  }

  Graph& graph_;
};

}  // namespace

bool fold_qdq(Graph& graph) { return QdqFolder(graph).run(); }

extern const PassDef pass_fold_qdq;
const PassDef pass_fold_qdq{"fold_qdq", "turn QuantizeLinear/DequantizeLinear into grids on values", fold_qdq, false};

}  // namespace pare
