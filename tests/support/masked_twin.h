// The slow obvious twin of remove_channels: the same graph with the removed channels masked. Slices of constants are
// zero, every activation is multiplied with a 0/1 mask of its axes, and means over channels are means over those that
// are kept.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/channels/channels.h"
#include "core/edit.h"
#include "core/error.h"
#include "tests/support/graphs.h"

namespace pare::testing {

class MaskedTwin {
 public:
  MaskedTwin(const Graph& graph, const Channels& channels, const std::vector<bool>& removed)
      : source_(graph), channels_(channels), removed_(removed), twin_(graph), now_(graph.values.size()) {}

  Graph make() {
    twin_.nodes.clear();
    for (size_t v = 0; v < twin_.values.size(); ++v) {
      now_[v] = static_cast<ValueId>(v);
      Value& value = twin_.values[v];
      value.producer = kNoNode;
      value.users.clear();
      if (value.constant && is_float(value.dtype)) zero_slices(static_cast<ValueId>(v));
    }
    for (const Node& node : source_.nodes) {
      if (!node.dead) copy(node);
    }
    for (ValueId& output : twin_.outputs) output = with_name(output);
    infer_shapes(twin_);
    verify(twin_);
    return std::move(twin_);
  }

 private:
  using Kept = std::optional<std::vector<int32_t>>;
  Kept kept(ValueId v, size_t axis) const { return channels_.kept(v, axis, removed_); }
  const Dims& dims(ValueId v) const { return *source_.value(v).dims; }
  size_t rank(ValueId v) const { return source_.value(v).dims ? dims(v).size() : 0; }
  std::string name() { return "twin." + std::to_string(made_++); }
  ValueId apply(OpKind op, std::vector<ValueId> inputs, Attributes attributes = {}) {
    return append(twin_, op, name(), std::move(inputs), std::move(attributes));
  }
  ValueId number(double value) { return add_constant(twin_, name(), Tensor::scalar(static_cast<float>(value))); }
  ValueId list(const std::vector<int64_t>& values) { return add_constant(twin_, name(), integers(values)); }

  static std::vector<bool> flags(const std::vector<int32_t>& kept, int64_t size) {
    std::vector<bool> result(static_cast<size_t>(size), false);
    for (const int32_t i : kept) result[static_cast<size_t>(i)] = true;
    return result;
  }
  ValueId flags_constant(const std::vector<bool>& flags, Shape shape) {
    Tensor tensor(DType::boolean, std::move(shape));
    const auto bytes = tensor.edit_bytes();
    for (size_t i = 0; i < flags.size(); ++i) bytes[i] = flags[i] ? std::byte{1} : std::byte{0};
    return add_constant(twin_, name(), std::move(tensor));
  }

  void zero_slices(ValueId v) {
    Value& value = twin_.value(v);
    const Shape shape = value.constant->shape();
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      const Kept stays = kept(v, axis);
      if (!stays) continue;
      value.encoding = {};
      const std::vector<bool> flag = flags(*stays, shape[axis]);
      size_t inner = size_of(value.constant->dtype());
      for (size_t i = axis + 1; i < shape.size(); ++i) inner *= static_cast<size_t>(shape[i]);
      const auto bytes = value.constant->edit_bytes();
      for (size_t at = 0; at < bytes.size(); ++at)
        if (!flag[at / inner % flag.size()]) bytes[at] = std::byte{0};
    }
  }

  // `value`, which has the shape of `like`, with zeros where something of `like` is removed. Where and not Mul: what is
  // computed from zeros may be infinite. Other types wait: what is made of them is masked.
  ValueId masked(ValueId value, ValueId like) {
    const DType dtype = source_.value(like).dtype;
    const bool maskable = dtype == DType::f32 || dtype == DType::i32 || dtype == DType::i64;
    return maskable ? filled(value, like, [&] { return add_constant(twin_, name(), Tensor(dtype, {})); }) : value;
  }
  // The same with what `fill` makes instead of zeros.
  template <class Fill>
  ValueId filled(ValueId value, ValueId like, const Fill& fill) {
    for (size_t axis = 0; axis < rank(like); ++axis) {
      const Kept stays = kept(like, axis);
      if (!stays) continue;
      const Dim dim = dims(like)[axis];
      Shape shape(rank(like), 1);
      ValueId mask;
      if (dim.known()) {
        shape[axis] = dim.factor;
        mask = flags_constant(flags(*stays, dim.factor), shape);
      } else {  // a multiple of a symbol: the mask once for each
        const ValueId sizes = apply(OpKind::shape, {value});
        const ValueId size = apply(OpKind::gather, {sizes, list({static_cast<int64_t>(axis)})});
        const ValueId factor = list({dim.factor});
        const ValueId target =
            apply(OpKind::concat, {apply(OpKind::div, {size, factor}), factor}, attributes({{"axis", int64_t{0}}}));
        const ValueId once = flags_constant(flags(*stays, dim.factor), {dim.factor});
        shape[axis] = -1;
        mask = apply(OpKind::reshape, {apply(OpKind::expand, {once, target}), list(shape)});
      }
      value = apply(OpKind::where, {mask, value, fill()});
    }
    return value;
  }

  // A mean over all indices of axes, of which the removed ones are zero, times this is the mean over the kept ones.
  double correction(ValueId v, const std::vector<int64_t>& axes) const {
    double result = 1;
    for (const int64_t axis : axes) {
      const Kept stays = kept(v, static_cast<size_t>(axis));
      if (!stays) continue;
      result *= static_cast<double>(dims(v)[static_cast<size_t>(axis)].factor) / static_cast<double>(stays->size());
    }
    return result;
  }
  ValueId mean(ValueId value, const std::vector<int64_t>& axes, ValueId correction) {
    const ValueId all = apply(OpKind::reduce_mean, {value}, attributes({{"axes", axes}, {"keepdims", int64_t{1}}}));
    return apply(OpKind::mul, {all, correction});
  }

  static std::vector<int64_t> all_from(int64_t first, size_t rank) {
    std::vector<int64_t> axes;
    for (int64_t axis = first < 0 ? first + static_cast<int64_t>(rank) : first; axis < static_cast<int64_t>(rank);
         ++axis)
      axes.push_back(axis);
    return axes;
  }
  std::vector<int64_t> averaged_axes(const Node& node) const {
    const ValueId x = node.inputs[0];
    std::vector<int64_t> axes;
    if (node.op == OpKind::reduce_mean) {
      axes = node.attributes.integers("axes");
      if (axes.empty() && node.attributes.integer("noop_with_empty_axes", 0) == 0) axes = all_from(0, rank(x));
    } else if (node.op == OpKind::mean_variance_normalization) {
      axes = node.attributes.integers("axes", {0, 2, 3});
    } else if (node.op == OpKind::layer_normalization) {
      axes = all_from(node.attributes.integer("axis", -1), rank(x));
    }
    for (int64_t& axis : axes)
      if (axis < 0) axis += static_cast<int64_t>(rank(x));
    return axes;
  }

  void copy(const Node& node) {
    Node now = node;
    for (ValueId& v : now.inputs)
      if (v != kNoValue) v = now_[static_cast<size_t>(v)];
    mask_levels(node, now);
    if (node.op == OpKind::group_normalization && kept(node.inputs[0], 1)) {
      normalize_groups(node, now);
    } else {
      const std::vector<int64_t> axes = averaged_axes(node);
      const double factor = axes.empty() ? 1 : correction(node.inputs[0], axes);
      if (factor == 1) {
        add_node(twin_, std::move(now));
      } else if (node.op == OpKind::reduce_mean) {
        const ValueId y = node.outputs[0];
        add_node(twin_, std::move(now));
        now_[static_cast<size_t>(y)] = apply(OpKind::mul, {y, number(factor)});
      } else {
        normalize(node, now, axes, factor);
      }
    }
    for (const ValueId v : node.outputs)
      if (v != kNoValue) now_[static_cast<size_t>(v)] = masked(now_[static_cast<size_t>(v)], v);
  }

  // Products of levels: zero is what they say it is.
  void mask_levels(const Node& node, Node& now) {
    const bool reads_levels = node.op == OpKind::conv_integer || node.op == OpKind::matmul_integer ||
                              node.op == OpKind::q_linear_conv || node.op == OpKind::q_linear_matmul;
    if (!reads_levels) return;
    const DType dtype = source_.value(node.inputs[0]).dtype;
    now.inputs[0] = filled(now.inputs[0], node.inputs[0], [&] {
      return source_.has_input(node, 2) ? now.inputs[2] : add_constant(twin_, name(), Tensor(dtype, {}));
    });
  }

  void put(const Node& node, size_t output, ValueId value) {
    if (output < node.outputs.size() && node.outputs[output] != kNoValue)
      now_[static_cast<size_t>(node.outputs[output])] = value;
  }

  // LayerNormalization, MeanVarianceNormalization.
  void normalize(const Node& node, const Node& now, const std::vector<int64_t>& axes, double factor) {
    const ValueId x = now.inputs[0], scale = number(factor);
    const bool layer = node.op == OpKind::layer_normalization;
    const ValueId middle = mean(x, axes, scale);
    const ValueId apart = masked(apply(OpKind::sub, {x, middle}), node.inputs[0]);
    const ValueId variance = mean(apply(OpKind::mul, {apart, apart}), axes, scale);
    ValueId deviation;
    if (layer)
      deviation = apply(OpKind::sqrt, {apply(OpKind::add, {variance, number(node.attributes.real("epsilon", 1e-5F))})});
    else
      deviation = apply(OpKind::add, {apply(OpKind::sqrt, {variance}), number(1e-9)});
    ValueId y = apply(OpKind::div, {apart, deviation});
    if (layer) y = apply(OpKind::mul, {y, now.inputs[1]});
    if (layer && now.inputs.size() > 2 && now.inputs[2] != kNoValue) y = apply(OpKind::add, {y, now.inputs[2]});
    put(node, 0, y);
    put(node, 1, middle);
    put(node, 2, apply(OpKind::reciprocal, {deviation}));
  }

  // [N, G, K, places], each group with its own mean over what is kept of it.
  void normalize_groups(const Node& node, const Node& now) {
    const ValueId x = node.inputs[0];
    const int64_t groups = node.attributes.integer("num_groups", 1), size = dims(x)[1].factor, each = size / groups;
    const std::vector<bool> flag = flags(*kept(x, 1), size);
    Tensor factors(DType::f32, {1, groups, 1, 1});
    for (int64_t g = 0; g < groups; ++g) {
      const auto first = flag.begin() + g * each;
      const auto count = std::count(first, first + each, true);
      factors.edit<float>()[static_cast<size_t>(g)] =
          count == 0 ? 0.0F : static_cast<float>(each) / static_cast<float>(count);
    }
    const ValueId factor = add_constant(twin_, name(), std::move(factors));
    const ValueId zero = number(0), mask = flags_constant(flag, {1, groups, each, 1});
    const ValueId wide = apply(OpKind::reshape, {now.inputs[0], list({0, groups, each, -1})});
    const ValueId apart = apply(OpKind::where, {mask, apply(OpKind::sub, {wide, mean(wide, {2, 3}, factor)}), zero});
    const ValueId variance = mean(apply(OpKind::mul, {apart, apart}), {2, 3}, factor);
    const ValueId epsilon = number(node.attributes.real("epsilon", 1e-5F));
    const ValueId y = apply(OpKind::div, {apart, apply(OpKind::sqrt, {apply(OpKind::add, {variance, epsilon})})});
    Shape channels(rank(x), 1);
    channels[1] = size;
    const auto parameter = [&](size_t i) { return apply(OpKind::reshape, {now.inputs[i], list(channels)}); };
    const ValueId shape = apply(OpKind::shape, {now.inputs[0]});
    const ValueId narrow = apply(OpKind::reshape, {y, shape});
    put(node, 0, apply(OpKind::add, {apply(OpKind::mul, {narrow, parameter(1)}), parameter(2)}));
  }

  // Graph outputs keep their names.
  ValueId with_name(ValueId output) {
    const ValueId value = now_[static_cast<size_t>(output)];
    if (value != output) std::swap(twin_.value(output).name, twin_.value(value).name);
    return value;
  }

  const Graph& source_;
  const Channels& channels_;
  const std::vector<bool>& removed_;
  Graph twin_;
  std::vector<ValueId> now_;  // of each value of the source: what stands for it
  int made_ = 0;
};

inline Graph masked_twin(const Graph& graph, const Channels& channels, const std::vector<bool>& removed) {
  return MaskedTwin(graph, channels, removed).make();
}

}  // namespace pare::testing
