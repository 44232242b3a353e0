// One small network per op and variant, with inputs: what every judge of an op runs (ONNX checker, ONNX Runtime,
// round trips). The batch is symbolic wherever the op allows it.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/edit.h"
#include "tests/support/graphs.h"

namespace pare::testing {

struct OpCase {
  std::string name;
  Graph graph;
  std::vector<Tensor> inputs;  // as graph.inputs
};

// Builds a case: inputs are drawn at random, outputs are what `body` returns.
class CaseBuilder {
 public:
  using Body = std::function<std::vector<ValueId>(CaseBuilder&)>;
  CaseBuilder(std::string name, const Body& body) : random_({hash_of(name)}) {
    result_.name = std::move(name);
    graph().symbols[1] = "N";
    graph().next_symbol = 2;
    graph().origin.graph_name = result_.name;
    graph().outputs = body(*this);
    infer_shapes(graph());
    verify(graph());
  }
  OpCase take() && { return std::move(result_); }

  Graph& graph() { return result_.graph; }
  // An f32 input [N, dims...]; three samples are drawn.
  ValueId input(const Shape& dims, double low = -2, double high = 2) {
    Dims declared = {Dim(1, 1)};
    Shape drawn = {3};
    for (const int64_t d : dims) {
      declared.emplace_back(d);
      drawn.push_back(d);
    }
    result_.inputs.push_back(random_floats(drawn, random_, low, high));
    return add_input(graph(), "x" + std::to_string(result_.inputs.size()), DType::f32, declared);
  }
  ValueId weight(const Shape& shape, double low = -1, double high = 1) {
    return constant(random_floats(shape, random_, low, high));
  }
  ValueId constant(Tensor tensor) { return add_constant(graph(), unique_name(graph(), "c"), std::move(tensor)); }
  ValueId ints(const std::vector<int64_t>& values) { return constant(integers(values)); }
  ValueId real(float value) { return constant(Tensor::scalar(value)); }
  ValueId op(OpKind kind, std::vector<ValueId> inputs, Attributes attributes = {}) {
    return append(graph(), kind, unique_name(graph(), "n"), std::move(inputs), std::move(attributes));
  }
  // An op of several outputs.
  std::vector<ValueId> op_of(OpKind kind, std::vector<ValueId> inputs, size_t outputs, Attributes attributes = {}) {
    Node node;
    node.name = unique_name(graph(), "n");
    node.op = kind;
    node.type = onnx_name(kind);
    node.inputs = std::move(inputs);
    node.attributes = std::move(attributes);
    for (size_t i = 0; i < outputs; ++i)
      node.outputs.push_back(add_value(graph(), unique_name(graph(), "out"), DType::none));
    const std::vector<ValueId> ids = node.outputs;
    add_node(graph(), std::move(node));
    infer_shapes(graph());
    return ids;
  }

 private:
  OpCase result_;
  Random random_;
};

inline std::vector<OpCase> op_cases() {
  using B = CaseBuilder;
  using I = int64_t;
  using L = std::vector<int64_t>;
  std::vector<OpCase> cases;
  const auto add = [&](const std::string& name, const std::function<std::vector<ValueId>(B&)>& body) {
    cases.push_back(B(name, body).take());
  };
  const auto one = [&](const std::string& name, const std::function<ValueId(B&)>& body) {
    add(name, [&](B& b) { return std::vector<ValueId>{body(b)}; });
  };

  one("conv_1d", [](B& b) {
    return b.op(OpKind::conv, {b.input({3, 10}), b.weight({4, 3, 3}), b.weight({4})},
                attributes({{"strides", L{2}}, {"pads", L{1, 1}}}));
  });
  one("conv_2d", [](B& b) { return b.op(OpKind::conv, {b.input({3, 8, 9}), b.weight({4, 3, 3, 3}), b.weight({4})}); });
  one("conv_groups", [](B& b) {
    return b.op(OpKind::conv, {b.input({4, 8, 8}), b.weight({6, 2, 3, 3})},
                attributes({{"group", I{2}}, {"strides", L{2, 1}}, {"pads", L{1, 0, 2, 1}}}));
  });
  one("conv_depthwise", [](B& b) {
    return b.op(OpKind::conv, {b.input({4, 8, 8}), b.weight({4, 1, 3, 3}), b.weight({4})},
                attributes({{"group", I{4}}, {"pads", L{1, 1, 1, 1}}}));
  });
  one("conv_dilated", [](B& b) {
    return b.op(OpKind::conv, {b.input({2, 9, 9}), b.weight({3, 2, 3, 3})},
                attributes({{"dilations", L{2, 2}}, {"pads", L{2, 2, 2, 2}}}));
  });
  one("conv_same_upper", [](B& b) {
    return b.op(OpKind::conv, {b.input({2, 7, 8}), b.weight({3, 2, 4, 3})},
                attributes({{"auto_pad", std::string("SAME_UPPER")}, {"strides", L{2, 2}}}));
  });
  one("conv_same_lower", [](B& b) {
    return b.op(OpKind::conv, {b.input({2, 7, 8}), b.weight({3, 2, 4, 3})},
                attributes({{"auto_pad", std::string("SAME_LOWER")}}));
  });
  one("gemm", [](B& b) {
    return b.op(OpKind::gemm, {b.input({6}), b.weight({5, 6}), b.weight({5})}, attributes({{"transB", I{1}}}));
  });
  one("gemm_scaled", [](B& b) {
    return b.op(OpKind::gemm, {b.input({6}), b.weight({6, 5}), b.weight({1, 5})},
                attributes({{"alpha", 0.5f}, {"beta", 2.0f}}));
  });
  one("gemm_no_bias", [](B& b) { return b.op(OpKind::gemm, {b.input({6}), b.weight({6, 5})}); });
  one("matmul", [](B& b) { return b.op(OpKind::matmul, {b.input({4, 6}), b.weight({6, 5})}); });
  one("matmul_batched", [](B& b) { return b.op(OpKind::matmul, {b.input({2, 4, 6}), b.input({2, 6, 3})}); });
  one("batch_normalization", [](B& b) {
    return b.op(OpKind::batch_normalization,
                {b.input({4, 5, 5}), b.weight({4}, 0.5, 1.5), b.weight({4}), b.weight({4}), b.weight({4}, 0.5, 2)},
                attributes({{"epsilon", 1e-3f}}));
  });
  one("relu", [](B& b) { return b.op(OpKind::relu, {b.input({7})}); });
  one("leaky_relu", [](B& b) { return b.op(OpKind::leaky_relu, {b.input({7})}, attributes({{"alpha", 0.2f}})); });
  one("sigmoid", [](B& b) { return b.op(OpKind::sigmoid, {b.input({7})}); });
  one("tanh", [](B& b) { return b.op(OpKind::tanh, {b.input({7})}); });
  one("clip", [](B& b) { return b.op(OpKind::clip, {b.input({7}), b.real(-0.5f), b.real(1)}); });
  one("clip_high_only", [](B& b) { return b.op(OpKind::clip, {b.input({7}), kNoValue, b.real(0.5f)}); });
  one("hard_swish", [](B& b) { return b.op(OpKind::hard_swish, {b.input({20}, -5, 5)}); });
  one("hard_sigmoid", [](B& b) {
    return b.op(OpKind::hard_sigmoid, {b.input({20}, -5, 5)}, attributes({{"alpha", 0.25f}, {"beta", 0.4f}}));
  });
  one("softmax", [](B& b) { return b.op(OpKind::softmax, {b.input({7})}); });
  one("softmax_axis_1", [](B& b) { return b.op(OpKind::softmax, {b.input({4, 3, 2})}, attributes({{"axis", I{1}}})); });
  one("log_softmax", [](B& b) { return b.op(OpKind::log_softmax, {b.input({3, 5})}, attributes({{"axis", I{-1}}})); });
  one("max_pool", [](B& b) {
    return b.op(OpKind::max_pool, {b.input({2, 8, 8})},
                attributes({{"kernel_shape", L{3, 3}}, {"strides", L{2, 2}}, {"pads", L{1, 1, 1, 1}}}));
  });
  one("max_pool_ceil", [](B& b) {
    return b.op(OpKind::max_pool, {b.input({2, 8, 7})},
                attributes({{"kernel_shape", L{3, 2}}, {"strides", L{2, 2}}, {"ceil_mode", I{1}}}));
  });
  one("max_pool_dilated", [](B& b) {
    return b.op(OpKind::max_pool, {b.input({2, 9, 9})},
                attributes({{"kernel_shape", L{2, 2}}, {"dilations", L{2, 2}}}));
  });
  one("max_pool_1d", [](B& b) {
    return b.op(OpKind::max_pool, {b.input({2, 9})}, attributes({{"kernel_shape", L{3}}, {"strides", L{3}}}));
  });
  one("max_pool_same_upper", [](B& b) {
    return b.op(OpKind::max_pool, {b.input({2, 7, 8})},
                attributes({{"kernel_shape", L{2, 2}}, {"strides", L{2, 2}}, {"auto_pad", std::string("SAME_UPPER")}}));
  });
  one("average_pool", [](B& b) {
    return b.op(OpKind::average_pool, {b.input({2, 8, 8})},
                attributes({{"kernel_shape", L{3, 3}}, {"strides", L{2, 2}}, {"pads", L{1, 1, 1, 1}}}));
  });
  one("average_pool_count_pad", [](B& b) {
    return b.op(
        OpKind::average_pool, {b.input({2, 8, 8})},
        attributes(
            {{"kernel_shape", L{3, 3}}, {"strides", L{2, 2}}, {"pads", L{1, 1, 1, 1}}, {"count_include_pad", I{1}}}));
  });
  one("global_average_pool", [](B& b) { return b.op(OpKind::global_average_pool, {b.input({3, 4, 5})}); });
  one("add", [](B& b) { return b.op(OpKind::add, {b.input({3, 4}), b.weight({4})}); });
  one("add_two_inputs", [](B& b) { return b.op(OpKind::add, {b.input({3, 4}), b.input({1, 4})}); });
  one("sub", [](B& b) { return b.op(OpKind::sub, {b.weight({3, 1}), b.input({3, 4})}); });
  one("mul", [](B& b) { return b.op(OpKind::mul, {b.input({3, 4}), b.weight({3, 1})}); });
  one("div", [](B& b) { return b.op(OpKind::div, {b.input({3, 4}), b.weight({4}, 0.5, 2)}); });
  one("reduce_mean", [](B& b) {
    return b.op(OpKind::reduce_mean, {b.input({3, 4, 5})}, attributes({{"axes", L{2, 3}}, {"keepdims", I{0}}}));
  });
  one("reduce_mean_keep", [](B& b) {
    return b.op(OpKind::reduce_mean, {b.input({3, 4})}, attributes({{"axes", L{-1}}}));
  });
  one("concat", [](B& b) {
    return b.op(OpKind::concat, {b.input({2, 4}), b.input({3, 4})}, attributes({{"axis", I{1}}}));
  });
  add("split_even", [](B& b) { return b.op_of(OpKind::split, {b.input({6, 2})}, 3, attributes({{"axis", I{1}}})); });
  add("split_sizes", [](B& b) {
    return b.op_of(OpKind::split, {b.input({6, 2}), b.ints({1, 5})}, 2, attributes({{"axis", I{-2}}}));
  });
  one("slice", [](B& b) {
    return b.op(OpKind::slice, {b.input({6, 8}), b.ints({1, -1}), b.ints({5, -9}), b.ints({1, 2}), b.ints({2, -3})});
  });
  one("slice_open", [](B& b) {
    return b.op(OpKind::slice, {b.input({6}), b.ints({2}), b.ints({INT64_MAX}), b.ints({1})});
  });
  one("gather", [](B& b) {
    return b.op(OpKind::gather, {b.input({6, 4}), b.ints({0, -1, 3})}, attributes({{"axis", I{1}}}));
  });
  one("gather_scalar", [](B& b) {
    return b.op(OpKind::gather, {b.input({6, 4}), b.constant(Tensor::scalar(int64_t{2}))},
                attributes({{"axis", I{2}}}));
  });
  one("flatten", [](B& b) { return b.op(OpKind::flatten, {b.input({3, 4, 5})}); });
  one("flatten_axis_2", [](B& b) { return b.op(OpKind::flatten, {b.input({3, 4, 5})}, attributes({{"axis", I{2}}})); });
  one("reshape", [](B& b) { return b.op(OpKind::reshape, {b.input({4, 6}), b.ints({0, 3, -1})}); });
  one("reshape_any_batch", [](B& b) { return b.op(OpKind::reshape, {b.input({4, 6}), b.ints({-1, 24})}); });
  one("transpose", [](B& b) {
    return b.op(OpKind::transpose, {b.input({3, 4, 5})}, attributes({{"perm", L{0, 3, 1, 2}}}));
  });
  one("squeeze", [](B& b) { return b.op(OpKind::squeeze, {b.input({1, 4, 1}), b.ints({1, -1})}); });
  one("unsqueeze", [](B& b) { return b.op(OpKind::unsqueeze, {b.input({4}), b.ints({0, -1})}); });
  one("shape_chain", [](B& b) {  // flatten as exporters write it: x.view(x.size(0), -1)
    const ValueId x = b.input({3, 4});
    const ValueId batch = b.op(OpKind::gather, {b.op(OpKind::shape, {x}), b.constant(Tensor::scalar(int64_t{0}))});
    const ValueId target = b.op(OpKind::concat, {b.op(OpKind::unsqueeze, {batch, b.ints({0})}), b.ints({-1})},
                                attributes({{"axis", I{0}}}));
    return b.op(OpKind::reshape, {x, target});
  });
  one("cast", [](B& b) {
    return b.op(OpKind::cast, {b.op(OpKind::cast, {b.input({9}, -9, 9)}, attributes({{"to", I{6}}}))},
                attributes({{"to", I{1}}}));
  });
  one("pad", [](B& b) { return b.op(OpKind::pad, {b.input({2, 4}), b.ints({0, 1, 2, 0, 0, 3}), b.real(1.5f)}); });
  one("pad_reflect", [](B& b) {
    return b.op(OpKind::pad, {b.input({4, 5}), b.ints({0, 2, 1, 0, 1, 3})},
                attributes({{"mode", std::string("reflect")}}));
  });
  one("pad_edge", [](B& b) {
    return b.op(OpKind::pad, {b.input({4, 5}), b.ints({0, 2, 1, 0, 1, 3})},
                attributes({{"mode", std::string("edge")}}));
  });
  one("dropout", [](B& b) { return b.op(OpKind::dropout, {b.input({5}), b.real(0.4f)}); });
  one("identity", [](B& b) { return b.op(OpKind::identity, {b.input({5})}); });
  one("quantize_dequantize", [](B& b) {
    const ValueId scale = b.real(0.05f), zero = b.constant(Tensor::scalar(uint8_t{120}));
    return b.op(OpKind::dequantize_linear,
                {b.op(OpKind::quantize_linear, {b.input({4, 5}, -9, 9), scale, zero}), scale, zero});
  });
  one("quantize_dequantize_per_channel", [](B& b) {
    const ValueId scale = b.constant(floats({3}, {0.1f, 0.01f, 0.5f}));
    const ValueId zero = b.constant(Tensor::of<int8_t>({3}, std::vector<int8_t>{0, 3, -7}));
    const ValueId levels = b.op(OpKind::quantize_linear, {b.input({3, 4}), scale, zero}, attributes({{"axis", I{1}}}));
    return b.op(OpKind::dequantize_linear, {levels, scale, zero}, attributes({{"axis", I{1}}}));
  });
  return cases;
}

}  // namespace pare::testing
