// Random networks of the ops that the passes know: what a property test draws. The same seed gives the same graph.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/edit.h"
#include "core/graph.h"
#include "core/random.h"
#include "tests/support/graphs.h"

namespace pare::testing {

struct RandomGraphOptions {
  int steps = 12;
  bool quantizers = false;  // QuantizeLinear/DequantizeLinear pairs and quantized weights
};

class RandomGraph {
 public:
  RandomGraph(uint64_t seed, const RandomGraphOptions& options) : random_(seed), options_(options) {}

  Graph make() {
    g_.symbols[1] = "N";
    g_.next_symbol = 2;
    channels_ = 1 + pick(4);
    size_ = 5 + pick(4);
    const Dim batch = pick(2) ? Dim(2) : Dim(1, 1);
    now_ = add_input(g_, "x", DType::f32, {batch, channels_, size_, size_});
    for (int i = 0; i < options_.steps; ++i) image_step();
    if (pick(3) == 0) extra_output();
    flatten();
    head();
    if (pick(2)) now_ = append(g_, OpKind::identity, name("last"), {now_});
    const ValueId y = now_;
    g_.outputs.insert(g_.outputs.begin(), y);
    infer_shapes(g_);
    verify(g_);
    return std::move(g_);
  }

 private:
  int64_t pick(int64_t n) { return static_cast<int64_t>(random_.below(static_cast<uint64_t>(n))); }
  std::string name(const std::string& base) { return base + std::to_string(counter_++); }
  ValueId constant(const std::string& base, Shape shape, double low = -1, double high = 1) {
    return add_constant(g_, name(base), random_floats(std::move(shape), random_, low, high));
  }

  // A weight; sometimes stored as levels behind a DequantizeLinear, sometimes quantized by a pair.
  ValueId weight(const Shape& shape, int64_t axis) {
    if (!options_.quantizers || pick(2)) return constant("w", shape, -0.5, 0.5);
    const int64_t channels = shape[static_cast<size_t>(axis)];
    const bool per_channel = pick(2) != 0;
    const ValueId scale = per_channel ? constant("scale", {channels}, 0.01, 0.02) : constant("scale", {}, 0.01, 0.02);
    const Attributes along = per_channel ? attributes({{"axis", axis}}) : Attributes{};
    const ValueId zero = add_constant(g_, name("zero"), Tensor(DType::i8, per_channel ? Shape{channels} : Shape{}));
    ValueId levels;
    if (pick(2)) {
      Tensor tensor(DType::i8, shape);
      for (int8_t& v : tensor.edit<int8_t>()) v = static_cast<int8_t>(pick(256) - 128);
      levels = add_constant(g_, name("q"), std::move(tensor));
    } else {
      levels = append(g_, OpKind::quantize_linear, name("wq"), {constant("w", shape), scale, zero}, along);
    }
    std::vector<ValueId> inputs = {levels, scale};
    if (pick(2) || g_.value(levels).producer != kNoNode) inputs.push_back(zero);
    return append(g_, OpKind::dequantize_linear, name("wdq"), inputs, along);
  }

  void image_step() {
    switch (pick(options_.quantizers ? 15 : 13)) {
      case 0:
      case 1:
        conv();
        break;
      case 2:
        now_ = append_norm(g_, name("bn"), now_, channels_, random_);
        break;
      case 3: {
        constexpr OpKind kinds[] = {OpKind::relu, OpKind::tanh, OpKind::sigmoid, OpKind::leaky_relu,
                                    OpKind::hard_swish};
        now_ = append(g_, kinds[pick(5)], name("act"), {now_});
        break;
      }
      case 4:
        now_ = append(g_, OpKind::identity, name("id"), {now_});
        break;
      case 5:
        now_ = append(g_, OpKind::dropout, name("drop"), {now_});
        break;
      case 6: {
        const ValueId before = now_;
        conv(true);
        now_ = append(g_, OpKind::add, name("residual"), {before, now_});
        break;
      }
      case 7: {  // a constant subgraph
        const ValueId a = constant("a", {channels_, 1}), b = constant("b", {1, channels_, 1, 1});
        const ValueId c =
            append(g_, OpKind::unsqueeze, name("c"), {a, add_constant(g_, name("axes"), integers({0, 3}))});
        const ValueId d = append(g_, pick(2) ? OpKind::sub : OpKind::mul, name("d"), {c, b});
        now_ = append(g_, OpKind::add, name("shift"), {now_, d});
        break;
      }
      case 8: {  // equal constants
        for (int i = 0; i < 2; ++i)
          now_ = append(g_, OpKind::mul, name("twin"), {now_, add_constant(g_, name("half"), floats({}, {0.5F}))});
        break;
      }
      case 9:
        append(g_, OpKind::relu, name("unused"), {append(g_, OpKind::tanh, name("unused"), {now_})});
        break;
      case 10: {
        const ValueId t = append(g_, OpKind::transpose, name("there"), {now_},
                                 attributes({{"perm", std::vector<int64_t>{0, 2, 3, 1}}}));
        now_ =
            append(g_, OpKind::transpose, name("back"), {t}, attributes({{"perm", std::vector<int64_t>{0, 3, 1, 2}}}));
        break;
      }
      case 11: {  // the same conv without and with a norm: the weight has two users
        conv(true);
        const Node& node = g_.node(g_.value(now_).producer);
        if (node.op != OpKind::conv) break;
        const ValueId again = append(g_, OpKind::conv, name("shared"), {now_, node.inputs[1]}, node.attributes);
        now_ = append_norm(g_, name("bn"), again, channels_, random_);
        break;
      }
      case 12:
        reshape_chain();
        break;
      default:
        quantize();
        break;
    }
  }

  void conv(bool same = false) {
    const int64_t out = same ? channels_ : 1 + pick(5), group = out % channels_ == 0 && pick(2) ? channels_ : 1;
    const ValueId w = weight({out, channels_ / group, 3, 3}, 0);
    std::vector<ValueId> inputs = {now_, w};
    if (pick(2)) inputs.push_back(constant("b", {out}));
    now_ = append(g_, OpKind::conv, name("conv"), inputs,
                  attributes({{"group", group}, {"pads", std::vector<int64_t>{1, 1, 1, 1}}}));
    channels_ = out;
  }

  // Reshape(v, Concat(Gather(Shape(v), 0), [C, H, W])): back to the same shape, as exporters like to say it.
  void reshape_chain() {
    const ValueId shape = append(g_, OpKind::shape, name("shape"), {now_});
    const ValueId batch =
        append(g_, OpKind::gather, name("batch"), {shape, add_constant(g_, name("at"), integers({0}))});
    const ValueId rest = add_constant(g_, name("rest"), integers({channels_, size_, size_}));
    const ValueId target =
        append(g_, OpKind::concat, name("target"), {batch, rest}, attributes({{"axis", int64_t{0}}}));
    now_ = append(g_, OpKind::reshape, name("reshape"), {now_, target});
  }

  void quantize() {
    const bool is_signed = pick(2) != 0;
    const ValueId scale = constant("scale", {}, 0.01, 0.05);
    const ValueId zero =
        is_signed ? add_constant(g_, name("zero"), Tensor::scalar<int8_t>(static_cast<int8_t>(pick(20) - 10)))
                  : add_constant(g_, name("zero"), Tensor::scalar<uint8_t>(static_cast<uint8_t>(pick(256))));
    const ValueId q = append(g_, OpKind::quantize_linear, name("q"), {now_, scale, zero});
    const ValueId y = append(g_, OpKind::dequantize_linear, name("dq"), {q, scale, zero});
    if (pick(4) == 0) append(g_, OpKind::relu, name("bypass"), {now_});  // somebody reads it unquantized
    now_ = y;
  }

  void extra_output() {
    if (std::find(g_.inputs.begin(), g_.inputs.end(), now_) == g_.inputs.end()) g_.outputs.push_back(now_);
  }

  void flatten() {
    const bool pool = pick(2) != 0;
    if (pool) now_ = append(g_, OpKind::global_average_pool, name("pool"), {now_});
    now_ = append(g_, OpKind::flatten, name("flatten"), {now_});
    features_ = pool ? channels_ : channels_ * size_ * size_;
  }

  void head() {
    const int64_t n = 2 + pick(5);
    if (pick(2)) {
      now_ = append(g_, OpKind::gemm, name("fc"), {now_, weight({features_, n}, 1), constant("b", {n})},
                    attributes({{"beta", static_cast<float>(pick(3)) / 2}}));
    } else {
      now_ = append(g_, OpKind::matmul, name("fc"), {now_, weight({features_, n}, 1)});
      if (pick(2)) now_ = append(g_, OpKind::add, name("bias"), {constant("b", {n}), now_});
    }
    if (pick(2)) now_ = append_norm(g_, name("bn"), now_, n, random_);
  }

  Random random_;
  RandomGraphOptions options_;
  Graph g_;
  ValueId now_ = kNoValue;
  int64_t channels_ = 1, size_ = 1, features_ = 1;
  int counter_ = 0;
};

inline Graph random_graph(uint64_t seed, const RandomGraphOptions& options = {}) {
  return RandomGraph(seed, options).make();
}

}  // namespace pare::testing
