// y = BatchNorm(W x + b) is y = W' x + b': the factors go into the weight of the Conv, Gemm or MatMul before it.
#include <cmath>

#include "core/edit.h"
#include "core/passes/pass.h"
#include "core/passes/rewrite.h"

namespace pare {
namespace {

// y = x * factor + shift per channel, in double: the only rounding is that of the folded weights.
struct ChannelAffine {
  std::vector<double> factor, shift;
};

std::vector<double> reals_of(const Tensor& tensor) {
  const Tensor wide = cast(tensor, DType::f64);
  const auto values = wide.view<double>();
  return {values.begin(), values.end()};
}

std::optional<ChannelAffine> affine_of(const Graph& graph, const Node& norm) {
  if (norm.attributes.integer("training_mode", 0) != 0) return {};
  for (size_t i = 1; i < norm.outputs.size(); ++i) {
    if (norm.outputs[i] != kNoValue) return {};
  }
  std::vector<double> parts[4];  // scale, shift, mean, variance
  for (size_t i = 0; i < 4; ++i) {
    const Tensor* tensor = graph.constant_input(norm, i + 1);
    if (!tensor || !graph.value(norm.inputs[i + 1]).encoding.empty()) return {};
    parts[i] = reals_of(*tensor);
    if (parts[i].size() != parts[0].size()) return {};
  }
  const double epsilon = static_cast<double>(norm.attributes.real("epsilon", 1e-5F));
  ChannelAffine affine;
  for (size_t c = 0; c < parts[0].size(); ++c) {
    affine.factor.push_back(parts[0][c] / std::sqrt(parts[3][c] + epsilon));
    affine.shift.push_back(parts[1][c] - parts[2][c] * affine.factor[c]);
    if (!std::isfinite(affine.factor[c]) || !std::isfinite(affine.shift[c])) return {};
  }
  return affine;
}

// A weight whose output channels lie along `axis`, scaled.
Tensor scaled(const Tensor& weight, size_t axis, const std::vector<double>& factor) {
  Tensor result = weight;
  auto values = result.edit<float>();
  size_t inner = 1;
  for (size_t i = axis + 1; i < weight.rank(); ++i) inner *= static_cast<size_t>(weight.dim(i));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(static_cast<double>(values[i]) * factor[i / inner % factor.size()]);
  }
  return result;
}

// bias * factor * beta + shift; an absent bias is 0, a single element stands for all.
Tensor shifted(const Tensor* bias, double beta, const ChannelAffine& affine) {
  Tensor result(DType::f32, {static_cast<int64_t>(affine.shift.size())});
  auto out = result.edit<float>();
  for (size_t c = 0; c < out.size(); ++c) {
    const double b = !bias ? 0.0 : static_cast<double>(bias->view<float>()[bias->size() == 1 ? 0 : c]);
    out[c] = static_cast<float>(beta * b * affine.factor[c] + affine.shift[c]);
  }
  return result;
}

// Whether a constant may be rewritten: plain f32, and nothing was decided about it.
bool is_plain(const Value& value) {
  return value.constant && value.constant->dtype() == DType::f32 && value.encoding.empty();
}

// One bias for every row: absent, a single element, [n] or [1, ..., n].
bool is_row_bias(const Graph& graph, ValueId id, size_t channels) {
  if (id == kNoValue) return true;
  const Value& value = graph.value(id);
  if (!is_plain(value)) return false;
  const Tensor& tensor = *value.constant;
  const int64_t n = static_cast<int64_t>(channels);
  return tensor.size() == 1 || (tensor.size() == n && tensor.rank() > 0 && tensor.shape().back() == n);
}

class NormFolder {
 public:
  NormFolder(Graph& graph, NodeId norm) : graph_(graph), norm_(norm) {}

  bool run() {
    const Node& norm = graph_.node(norm_);
    auto affine = affine_of(graph_, norm);
    if (!affine) return false;
    affine_ = std::move(*affine);
    const ValueId x = norm.inputs[0];
    const NodeId before = graph_.value(x).producer;
    if (before == kNoNode || only_user(graph_, x) != norm_) return false;
    switch (graph_.node(before).op) {
      case OpKind::conv:
        return fold_conv(before);
      case OpKind::gemm:
        return fold_gemm(before);
      case OpKind::matmul:
        return fold_matmul(before, kNoNode);
      case OpKind::add:
        return fold_add(before);
      default:
        return false;
    }
  }

 private:
  size_t channels() const { return affine_.factor.size(); }

  // The weight is this layer's alone, plain, and has as many channels along `axis` as the norm.
  bool weight_fits(ValueId id, size_t rank, size_t axis) const {
    if (id == kNoValue) return false;
    const Value& value = graph_.value(id);
    if (!is_plain(value) || value.users.size() != 1 || has_public_name(graph_, id)) return false;
    const Tensor& w = *value.constant;
    return (rank == 0 ? w.rank() >= 3 : w.rank() == rank) && w.dim(axis) == static_cast<int64_t>(channels());
  }

  void scale_weight(ValueId id, size_t axis) {
    Value& value = graph_.value(id);
    value.constant = scaled(*value.constant, axis, affine_.factor);
  }
  ValueId make_bias(ValueId old, double beta, ValueId weight) {
    const Tensor* bias = old == kNoValue ? nullptr : &*graph_.value(old).constant;
    const std::string name = old == kNoValue ? graph_.node(norm_).name + "_bias" : graph_.value(old).name;
    const ValueId id = add_constant(graph_, unique_name(graph_, name), shifted(bias, beta, affine_));
    graph_.value(id).source_dtype = graph_.value(weight).source_dtype;
    graph_.value(id).trainable = graph_.value(weight).trainable;
    return id;
  }
  // The layer's output takes the place of the norm's.
  bool finish() {
    const Node& norm = graph_.node(norm_);
    const ValueId x = norm.inputs[0], y = norm.outputs[0];
    graph_.value(x).activation_grid = graph_.value(y).activation_grid;
    replace_uses(graph_, y, x);
    remove_node(graph_, norm_);
    return true;
  }

  bool fold_conv(NodeId conv) {
    const std::vector<ValueId> inputs = graph_.node(conv).inputs;
    const ValueId bias = inputs.size() > 2 ? inputs[2] : kNoValue;
    if (!weight_fits(inputs[1], 0, 0) || !is_row_bias(graph_, bias, channels())) return false;
    scale_weight(inputs[1], 0);
    set_input(graph_, conv, 2, make_bias(bias, 1, inputs[1]));
    return finish();
  }

  bool fold_gemm(NodeId gemm) {
    const std::vector<ValueId> inputs = graph_.node(gemm).inputs;
    const size_t axis = graph_.node(gemm).attributes.integer("transB", 0) != 0 ? 0 : 1;
    const ValueId bias = inputs.size() > 2 ? inputs[2] : kNoValue;
    if (!weight_fits(inputs[1], 2, axis) || !is_row_bias(graph_, bias, channels())) return false;
    scale_weight(inputs[1], axis);
    const double beta = static_cast<double>(graph_.node(gemm).attributes.real("beta", 1));
    set_input(graph_, gemm, 2, make_bias(bias, beta, inputs[1]));
    graph_.node(gemm).attributes.erase("beta");
    return finish();
  }

  // Channels are axis 1 of what a norm reads: the last one of a product only when that has rank 2.
  bool fold_matmul(NodeId matmul, NodeId add) {
    const std::vector<ValueId> inputs = graph_.node(matmul).inputs;
    const auto& dims = graph_.value(graph_.node(matmul).outputs[0]).dims;
    if (!dims || dims->size() != 2 || !weight_fits(inputs[1], 2, 1)) return false;
    if (add == kNoNode) {  // the norm itself becomes the Add
      scale_weight(inputs[1], 1);
      Node& norm = graph_.node(norm_);
      const ValueId bias = make_bias(kNoValue, 1, inputs[1]);
      const std::vector<ValueId> old = norm.inputs;
      for (size_t i = 1; i < old.size(); ++i) set_input(graph_, norm_, i, kNoValue);
      norm.inputs.resize(2, kNoValue);
      set_input(graph_, norm_, 1, bias);
      norm.op = OpKind::add;
      norm.type = onnx_name(OpKind::add);
      norm.attributes = {};
      norm.outputs.resize(1);
      return true;
    }
    const size_t side = graph_.node(add).inputs[0] == graph_.node(matmul).outputs[0] ? 1 : 0;
    const ValueId bias = graph_.node(add).inputs[side];
    if (!graph_.value(bias).constant || !is_row_bias(graph_, bias, channels()) ||
        graph_.value(bias).constant->rank() > 2)
      return false;
    scale_weight(inputs[1], 1);
    set_input(graph_, add, side, make_bias(bias, 1, inputs[1]));
    return finish();
  }

  bool fold_add(NodeId add) {
    for (const ValueId input : graph_.node(add).inputs) {
      const NodeId producer = input == kNoValue ? kNoNode : graph_.value(input).producer;
      if (producer == kNoNode || graph_.node(producer).op != OpKind::matmul || only_user(graph_, input) != add)
        continue;
      return fold_matmul(producer, add);
    }
    return false;
  }

  Graph& graph_;
  NodeId norm_;
  ChannelAffine affine_;
};

bool fold_batch_norm(Graph& graph) {
  infer_shapes(graph);
  bool changed = false;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!node.dead && node.op == OpKind::batch_normalization)
      changed |= NormFolder(graph, static_cast<NodeId>(i)).run();
  }
  return changed;
}

}  // namespace

extern const PassDef pass_fold_batch_norm;
const PassDef pass_fold_batch_norm{"fold_batch_norm", "fold batch normalization into the layer before it",
                                   fold_batch_norm, true};

}  // namespace pare
