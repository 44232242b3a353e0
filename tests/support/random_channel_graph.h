// Random networks of everything that channels run through: what the property tests of structured pruning draw. The same
// seed gives the same graph, as one compiler orders the calls.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/edit.h"
#include "core/graph.h"
#include "core/infer.h"
#include "core/random.h"
#include "tests/support/graphs.h"

namespace pare::testing {

// Also the pieces, for tests that put together a network by hand.
class ChannelGraph {
 public:
  using Integers = std::vector<int64_t>;

  explicit ChannelGraph(uint64_t seed, Dim batch = Dim(2)) : random_(seed), batch_(batch) {
    g_.symbols[1] = "N";
    g_.next_symbol = 2;
    g_.origin.opsets = {{"", 17}, {"com.microsoft", 1}};
  }

  Graph random() {
    const int64_t size = 4 + 2 * pick(2);
    ValueId x = conv(input("x", {2 + pick(3), size, size}), 4 * (1 + pick(3)));
    if (pick(3) == 0) x = op(OpKind::add, {x, conv(input("second", {3, size, size}), channels(x), {.kernel = 1})});
    for (int64_t steps = 2 + pick(6); steps-- > 0;) {
      x = image_step(x);
      if (pick(8) == 0) output(conv(x, 2, {.kernel = 1}));
    }
    if (pick(2)) {
      x = to_sequence(x);
      for (int64_t steps = 1 + pick(4); steps-- > 0;) x = sequence_step(x);
      output(sequence_head(x));
    } else {
      output(image_head(x));
    }
    return finish();
  }
  Graph finish() {
    infer_shapes(g_);
    verify(g_);
    return std::move(g_);
  }

  // ---- values ----

  int64_t pick(int64_t n) { return static_cast<int64_t>(random_.below(static_cast<uint64_t>(n))); }
  std::string name(const std::string& base) { return base + std::to_string(counter_++); }
  ValueId input(const std::string& name, const Shape& sample) {
    Dims dims = {batch_};
    for (const int64_t n : sample) dims.emplace_back(n);
    return add_input(g_, name, DType::f32, std::move(dims));
  }
  void output(ValueId v) {
    const auto known = [&](const std::vector<ValueId>& list) {
      return std::find(list.begin(), list.end(), v) != list.end();
    };
    g_.outputs.push_back(known(g_.inputs) || known(g_.outputs) ? op(OpKind::identity, {v}) : v);
  }
  ValueId weight(Shape shape, int64_t fan_in = 4) {
    const double bound = std::sqrt(3.0 / static_cast<double>(fan_in));
    return add_constant(g_, name("w"), random_floats(std::move(shape), random_, -bound, bound));
  }
  ValueId positive(Shape shape) {
    return add_constant(g_, name("p"), random_floats(std::move(shape), random_, 0.5, 1.5));
  }
  ValueId number(float value) { return add_constant(g_, name("n"), Tensor::scalar(value)); }
  ValueId list(const Integers& values) { return add_constant(g_, name("i"), integers(values)); }
  ValueId op(OpKind kind, std::vector<ValueId> inputs, Attributes a = {}, size_t place = 0) {
    return append(g_, kind, name(std::string(onnx_name(kind)) + "_"), std::move(inputs), std::move(a), place);
  }
  // All outputs of a node.
  std::vector<ValueId> outputs(OpKind kind, const std::vector<ValueId>& inputs, size_t count,
                               const Attributes& a = {}) {
    Node node;
    node.name = name(std::string(onnx_name(kind)) + "_");
    node.op = kind;
    node.type = onnx_name(kind);
    node.inputs = inputs;
    node.attributes = a;
    for (size_t i = 0; i < count; ++i)
      node.outputs.push_back(add_value(g_, node.name + "." + std::to_string(i), DType::none));
    std::vector<ValueId> made = node.outputs;
    infer_node(g_, add_node(g_, std::move(node)));
    return made;
  }
  int64_t size(ValueId v, size_t axis) const { return g_.value(v).dims->at(axis).factor; }
  int64_t channels(ValueId v) const { return size(v, 1); }
  Graph& graph() { return g_; }

  ValueId reshape(ValueId x, const Integers& shape) { return op(OpKind::reshape, {x, list(shape)}); }
  ValueId transpose(ValueId x, const Integers& order) {
    return op(OpKind::transpose, {x}, attributes({{"perm", order}}));
  }
  ValueId slice(ValueId x, int64_t axis, int64_t from, int64_t to) {
    return op(OpKind::slice, {x, list({from}), list({to}), list({axis})});
  }
  ValueId concat(const std::vector<ValueId>& parts, int64_t axis = 1) {
    return op(OpKind::concat, parts, attributes({{"axis", axis}}));
  }
  ValueId reduce_mean(ValueId x, const Integers& axes) {
    return op(OpKind::reduce_mean, {x}, attributes({{"axes", axes}, {"keepdims", int64_t{1}}}));
  }

  // ---- images [N, C, S, S] ----

  struct ConvShape {
    int64_t kernel = 3, group = 1;
    bool bias = true;
  };
  ValueId conv(ValueId x, int64_t out, const ConvShape& s) {
    const int64_t each = channels(x) / s.group, pad = s.kernel / 2;
    std::vector<ValueId> inputs = {x, weight({out, each, s.kernel, s.kernel}, each * s.kernel * s.kernel)};
    if (s.bias) inputs.push_back(weight({out}));
    return op(
        OpKind::conv, inputs,
        attributes({{"group", s.group}, {"kernel_shape", Integers{s.kernel, s.kernel}}, {"pads", Integers(4, pad)}}));
  }
  ValueId conv(ValueId x, int64_t out) { return conv(x, out, ConvShape()); }
  ValueId deconv(ValueId x, int64_t out, int64_t group) {
    const ValueId w = weight({channels(x), out / group, 3, 3}, 9 * channels(x) / group);
    return op(OpKind::conv_transpose, {x, w, weight({out})}, attributes({{"group", group}, {"pads", Integers(4, 1)}}));
  }
  ValueId batch_norm(ValueId x) { return append_norm(g_, name("bn"), x, channels(x), random_); }
  ValueId activation(ValueId x) {
    switch (pick(8)) {
      case 0:
        return op(OpKind::sigmoid, {x});
      case 1:
        return op(OpKind::hard_swish, {x});
      case 2:
        return op(OpKind::leaky_relu, {x}, attributes({{"alpha", 0.1F}}));
      case 3:
        return op(OpKind::clip, {x, number(0.1F), number(3)});
      case 4:
        return op(OpKind::prelu, {x, weight({channels(x), 1, 1})});
      case 5:
        return op(OpKind::mul, {x, op(OpKind::sigmoid, {x})});
      default:
        return op(OpKind::relu, {x});
    }
  }
  ValueId conv_norm_act(ValueId x, int64_t out, const ConvShape& s) { return activation(batch_norm(conv(x, out, s))); }
  ValueId residual(ValueId x) {
    const ValueId inner = conv_norm_act(x, 4 * (1 + pick(3)), {.bias = false});
    return op(OpKind::add, {x, batch_norm(conv(inner, channels(x)))});
  }
  ValueId squeeze_excite(ValueId x) {
    const ValueId mean = pick(2) ? op(OpKind::global_average_pool, {x}) : reduce_mean(x, {2, 3});
    const ValueId inner = op(OpKind::relu, {conv(mean, 2 + pick(3), {.kernel = 1})});
    return op(OpKind::mul, {x, op(OpKind::hard_sigmoid, {conv(inner, channels(x), {.kernel = 1})})});
  }
  ValueId shuffle(ValueId x, int64_t groups) {
    const int64_t c = channels(x), s = size(x, 2);
    return reshape(transpose(reshape(x, {0, groups, c / groups, s, s}), {0, 2, 1, 3, 4}), {0, c, s, s});
  }
  ValueId pixel_shuffle(ValueId x) {
    const int64_t out = 2 + pick(4);
    const ValueId wide = conv(x, 4 * out);
    const ValueId large = op(OpKind::depth_to_space, {wide},
                             attributes({{"blocksize", int64_t{2}}, {"mode", std::string(pick(2) ? "CRD" : "DCR")}}));
    return pick(2) ? op(OpKind::max_pool, {large},
                        attributes({{"kernel_shape", Integers{2, 2}}, {"strides", Integers{2, 2}}}))
                   : conv(op(OpKind::space_to_depth, {large}, attributes({{"blocksize", int64_t{2}}})), 4);
  }
  ValueId group_norm(ValueId x, int64_t groups) {
    const int64_t c = channels(x);
    return op(OpKind::group_normalization, {x, positive({c}), weight({c})},
              attributes({{"num_groups", groups}, {"epsilon", kEpsilon}}));
  }
  ValueId instance_norm(ValueId x) {
    const int64_t c = channels(x);
    return op(OpKind::instance_normalization, {x, positive({c}), weight({c})});
  }
  ValueId channels_last_norm(ValueId x) { return transpose(layer_norm(transpose(x, {0, 2, 3, 1})), {0, 3, 1, 2}); }
  // An op of another domain: ONNX Runtime knows it, this program does not.
  ValueId unknown(ValueId x) {
    Node node;
    node.name = name("custom");
    node.type = "QuickGelu";
    node.domain = "com.microsoft";
    node.inputs = {x};
    const ValueId y = add_value(g_, node.name + ".out", DType::f32, g_.value(x).dims);
    node.outputs = {y};
    add_node(g_, std::move(node));
    return y;
  }
  ValueId split_and_join(ValueId x) {
    const int64_t c = channels(x), first = 1 + pick(c - 1);
    std::vector<ValueId> parts =
        outputs(OpKind::split, {x, list({first, c - first})}, 2, attributes({{"axis", int64_t{1}}}));
    parts[0] = conv_norm_act(parts[0], 4, {});
    if (pick(2)) parts[1] = activation(parts[1]);
    if (pick(2)) std::swap(parts[0], parts[1]);
    return concat(parts);
  }
  ValueId pad_channels(ValueId x) {  // the shortcut of CIFAR ResNets
    const int64_t before = pick(3), after = pick(3);
    const ValueId wide = op(OpKind::pad, {x, list({0, before, 0, 0, 0, after, 0, 0})});
    return op(OpKind::add, {wide, conv(x, channels(wide))});
  }
  ValueId attention_of_windows(ValueId x) {
    const int64_t c = channels(x), s = size(x, 2), half = s / 2;
    ValueId w = transpose(reshape(x, {-1, c, 2, half, 2, half}), {0, 2, 4, 3, 5, 1});
    w = attention(reshape(w, {-1, half * half, c}), 2);
    return reshape(transpose(reshape(w, {-1, 2, 2, half, half, c}), {0, 5, 1, 3, 2, 4}), {-1, c, s, s});
  }

  ValueId image_step(ValueId x) {
    const int64_t c = channels(x);
    const int64_t groups = c % 4 == 0 ? 2 + 2 * pick(2) : c % 2 == 0 ? 2 : 1;
    switch (pick(24)) {
      case 0:
      case 1:
        return conv_norm_act(x, 4 * (1 + pick(3)), {.kernel = 1 + 2 * pick(2), .bias = pick(2) != 0});
      case 2:
        return conv_norm_act(x, groups * (1 + pick(4)), {.group = groups});
      case 3:
        return conv_norm_act(x, c * (1 + pick(2)), {.group = c});
      case 4:
        return deconv(x, groups * (1 + pick(3)), pick(2) ? groups : 1);
      case 5:
      case 6:
        return residual(x);
      case 7:
        return concat({conv(x, 3), activation(x), conv(x, 4, {.kernel = 1})});
      case 8:
        return c < 2 ? x : split_and_join(x);
      case 9:
        return c < 4 ? x : slice(conv(x, c), 1, pick(2), c - 1 - pick(2));
      case 10:
        return pad_channels(x);
      case 11:
        return shuffle(conv(x, c, {.group = groups}), groups);
      case 12:
        return squeeze_excite(x);
      case 13:
        return pixel_shuffle(x);
      case 14:
        return group_norm(x, groups);
      case 15:
        return pick(2) ? instance_norm(x) : channels_last_norm(x);
      case 16: {  // the same weights twice
        const ValueId first = conv(x, c);
        const Node node = g_.node(g_.value(first).producer);
        return op(OpKind::conv, {op(OpKind::relu, {first}), node.inputs[1]}, node.attributes);
      }
      case 17: {
        const Attributes window = attributes({{"kernel_shape", Integers{3, 3}}, {"pads", Integers(4, 1)}});
        return op(pick(2) ? OpKind::max_pool : OpKind::average_pool, {x}, window);
      }
      case 18:
        return op(OpKind::mul, {op(OpKind::add, {x, weight({1, c, size(x, 2), size(x, 3)})}), weight({c, 1, 1})});
      case 19:
        return unknown(conv(x, c));
      case 20:
        return attention_of_windows(conv(x, 8));
      case 21: {  // dense block
        const ValueId grown = concat({x, conv(activation(batch_norm(x)), 3)});
        return concat({grown, conv(activation(batch_norm(grown)), 3)});
      }
      case 22: {  // inverted residual
        const ValueId wide = conv_norm_act(x, 2 * c, {.kernel = 1});
        const ValueId deep = squeeze_excite(conv_norm_act(wide, 2 * c, {.group = 2 * c}));
        return op(OpKind::add, {batch_norm(conv(deep, c, {.kernel = 1})), x});
      }
      default: {
        const Tensor scales = floats({4}, {1, 1, 2, 2});
        const ValueId large = op(OpKind::resize, {x, kNoValue, add_constant(g_, name("scales"), scales)},
                                 attributes({{"mode", std::string("nearest")}}));
        return op(OpKind::average_pool, {large},
                  attributes({{"kernel_shape", Integers{2, 2}}, {"strides", Integers{2, 2}}}));
      }
    }
  }
  ValueId image_head(ValueId x) {
    if (pick(2)) {
      const ValueId flat = op(OpKind::flatten, {x});
      return gemm(op(OpKind::relu, {gemm(flat, 6)}), 3);
    }
    const ValueId flat = op(OpKind::flatten, {op(OpKind::global_average_pool, {x})});
    return pick(2) ? gemm(flat, 3) : op(OpKind::softmax, {linear(flat, 4)});
  }
  ValueId gemm(ValueId x, int64_t out) {
    const int64_t in = size(x, 1);
    const bool turned = pick(2) != 0;
    return op(OpKind::gemm, {x, weight(turned ? Shape{out, in} : Shape{in, out}, in), weight({out})},
              attributes({{"transB", int64_t{turned}}}));
  }

  // ---- sequences [N, T, C] ----

  ValueId to_sequence(ValueId x) { return transpose(reshape(x, {0, channels(x), size(x, 2) * size(x, 3)}), {0, 2, 1}); }
  ValueId linear(ValueId x, int64_t out) {
    const int64_t in = g_.value(x).dims->back().factor;
    return op(OpKind::add, {weight({out}), op(OpKind::matmul, {x, weight({in, out}, in)})});
  }
  ValueId layer_norm(ValueId x) {
    const int64_t c = g_.value(x).dims->back().factor;
    return op(OpKind::layer_normalization, {x, positive({c}), weight({c})}, attributes({{"epsilon", kEpsilon}}));
  }
  ValueId layer_norm_in_pieces(ValueId x) {
    const int64_t c = g_.value(x).dims->back().factor;
    const ValueId apart = op(OpKind::sub, {x, reduce_mean(x, {-1})});
    const ValueId variance = reduce_mean(op(OpKind::pow, {apart, number(2)}), {-1});
    const ValueId deviation = op(OpKind::sqrt, {op(OpKind::add, {variance, number(kEpsilon)})});
    return op(OpKind::add, {op(OpKind::mul, {op(OpKind::div, {apart, deviation}), positive({c})}), weight({c})});
  }
  ValueId rms_norm(ValueId x) {
    const int64_t c = g_.value(x).dims->back().factor;
    const ValueId square = op(OpKind::add, {reduce_mean(op(OpKind::mul, {x, x}), {-1}), number(kEpsilon)});
    return op(OpKind::mul, {op(OpKind::div, {x, op(OpKind::sqrt, {square})}), positive({c})});
  }
  ValueId any_norm(ValueId x) {
    const int64_t kind = pick(4);
    return kind == 0 ? layer_norm_in_pieces(x) : kind == 1 ? rms_norm(x) : kind == 2 ? x : layer_norm(x);
  }
  ValueId mlp(ValueId x) {
    const ValueId inner = op(OpKind::relu, {linear(any_norm(x), 4 + 4 * pick(3))});
    return op(OpKind::add, {x, linear(inner, g_.value(x).dims->back().factor)});
  }
  // Heads [N, heads, T, d] to [N, T, heads d] through a softmax over the places.
  ValueId attend(ValueId q, ValueId k_turned, ValueId v, int64_t steps, int64_t width) {
    const ValueId scores = op(OpKind::mul, {op(OpKind::matmul, {q, k_turned}), number(0.5F)});
    const ValueId mixed = op(OpKind::matmul, {op(OpKind::softmax, {scores}, attributes({{"axis", int64_t{-1}}})), v});
    return reshape(transpose(mixed, {0, 2, 1, 3}), {-1, steps, width});
  }
  ValueId attention(ValueId x, int64_t heads) {
    const int64_t steps = size(x, 1), c = size(x, 2), each = 2 + pick(2), width = heads * each;
    const ValueId from = any_norm(x);
    ValueId mixed = kNoValue;
    switch (pick(4)) {
      case 0: {  // one weight for all three
        const ValueId all = transpose(reshape(linear(from, 3 * width), {-1, steps, 3, heads, each}), {2, 0, 3, 1, 4});
        std::vector<ValueId> parts;
        for (const int64_t i : {0, 1, 2})
          parts.push_back(op(OpKind::gather, {all, add_constant(g_, name("i"), Tensor::scalar(i))},
                             attributes({{"axis", int64_t{0}}})));
        mixed = attend(parts[0], transpose(parts[1], {0, 1, 3, 2}), parts[2], steps, width);
        break;
      }
      case 1: {
        const std::vector<ValueId> parts = outputs(OpKind::split, {linear(from, 3 * width), list(Integers(3, width))},
                                                   3, attributes({{"axis", int64_t{-1}}}));
        const auto split_heads = [&](ValueId v) { return reshape(v, {-1, steps, heads, each}); };
        mixed = attend(transpose(split_heads(parts[0]), {0, 2, 1, 3}), transpose(split_heads(parts[1]), {0, 2, 3, 1}),
                       transpose(split_heads(parts[2]), {0, 2, 1, 3}), steps, width);
        break;
      }
      case 2: {  // fewer heads of keys and values
        const int64_t shared = heads / 2;
        const auto spread = [&](ValueId v) {
          const ValueId few = transpose(reshape(v, {-1, steps, shared, each}), {0, 2, 1, 3});
          const ValueId wide =
              op(OpKind::expand, {op(OpKind::unsqueeze, {few, list({2})}), list({1, shared, 2, steps, each})});
          return reshape(wide, {-1, heads, steps, each});
        };
        const ValueId q = transpose(reshape(linear(from, width), {-1, steps, heads, each}), {0, 2, 1, 3});
        mixed = attend(q, transpose(spread(linear(from, shared * each)), {0, 1, 3, 2}),
                       spread(linear(from, shared * each)), steps, width);
        break;
      }
      default: {
        const auto project = [&] { return reshape(linear(from, width), {-1, steps, heads, each}); };
        mixed = attend(transpose(project(), {0, 2, 1, 3}), transpose(project(), {0, 2, 3, 1}),
                       transpose(project(), {0, 2, 1, 3}), steps, width);
      }
    }
    return op(OpKind::add, {x, linear(mixed, c)});
  }
  ValueId recurrent(ValueId x) {
    const int64_t in = size(x, 2), hidden = 3 + pick(4);
    const bool both = pick(2) != 0, lstm = pick(2) != 0;
    const int64_t ways = both ? 2 : 1, gates = lstm ? 4 : 3;
    std::vector<ValueId> inputs = {transpose(x, {1, 0, 2}), weight({ways, gates * hidden, in}, in),
                                   weight({ways, gates * hidden, hidden}, hidden)};
    if (pick(2) || lstm) inputs.push_back(weight({ways, 2 * gates * hidden}));
    if (lstm && batch_.known() && pick(2)) {  // states and peepholes
      inputs.push_back(kNoValue);
      for (int i = 0; i < 2; ++i) inputs.push_back(weight({ways, batch_.factor, hidden}));
      inputs.push_back(weight({ways, 3 * hidden}));
    }
    const ValueId y =
        op(lstm ? OpKind::lstm : OpKind::gru, inputs,
           attributes({{"hidden_size", hidden}, {"direction", std::string(both ? "bidirectional" : "forward")}}));
    return transpose(reshape(transpose(y, {0, 2, 1, 3}), {0, 0, ways * hidden}), {1, 0, 2});
  }
  ValueId sequence_step(ValueId x) {
    switch (pick(7)) {
      case 0:
      case 1:
        return attention(x, 2 + 2 * pick(2));
      case 2:
        return mlp(x);
      case 3:
        return recurrent(x);
      case 4: {
        const int64_t out = 4 + pick(5);
        return op(OpKind::einsum, {x, weight({out, size(x, 2)}, size(x, 2))},
                  attributes({{"equation", std::string("bse,oe->bso")}}));
      }
      case 5:
        return op(OpKind::add, {x, weight({1, size(x, 1), size(x, 2)})});
      default:
        return any_norm(linear(x, 4 + pick(5)));
    }
  }
  ValueId sequence_head(ValueId x) {
    const int64_t kind = pick(3);
    if (kind == 0) return linear(layer_norm(x), 3);
    const ValueId one = kind == 1 ? op(OpKind::gather, {x, add_constant(g_, name("i"), Tensor::scalar(int64_t{0}))},
                                       attributes({{"axis", int64_t{1}}}))
                                  : op(OpKind::squeeze, {reduce_mean(x, {1}), list({1})});
    return gemm(one, 3);
  }

 private:
  // Large, so that norms over a few channels that are nearly equal do not blow up what is rounding.
  static constexpr float kEpsilon = 0.05F;

  Random random_;
  Dim batch_;
  Graph g_;
  int counter_ = 0;
};

inline Graph random_channel_graph(uint64_t seed) {
  return ChannelGraph(seed, mix({seed, 1}) % 2 == 0 ? Dim(2) : Dim(1, 1)).random();
}

}  // namespace pare::testing
