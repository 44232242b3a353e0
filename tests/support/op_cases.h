// One small network per op and variant, with inputs: what every judge of an op runs (ONNX checker, ONNX Runtime,
// round trips). The batch is symbolic wherever the op allows it.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/edit.h"
#include "format/onnx_dtype.h"
#include "tests/support/graphs.h"

namespace pare::testing {

struct OpCase {
  std::string name;
  int64_t since = 11;  // first opset that can say it, of those that are written
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
  ValueId bytes(const Shape& shape, const std::vector<uint8_t>& values) {
    return constant(Tensor::of<uint8_t>(shape, values));
  }
  ValueId reals(const std::vector<float>& values) {
    return constant(Tensor::of<float>({static_cast<int64_t>(values.size())}, values));
  }
  ValueId ints(const std::vector<int64_t>& values) { return constant(integers(values)); }
  ValueId real(float value) { return constant(Tensor::scalar(value)); }
  ValueId op(OpKind kind, std::vector<ValueId> inputs, Attributes attributes = {}) {
    return append(graph(), kind, unique_name(graph(), "n"), std::move(inputs), std::move(attributes));
  }
  ValueId cast(ValueId x, DType to) { return op(OpKind::cast, {x}, attributes({{"to", int64_t{dtype_to_onnx(to)}}})); }
  // Levels of an f32 value, u8 or i8.
  ValueId levels(ValueId x, float scale, const Tensor& zero_point) {
    return op(OpKind::quantize_linear, {x, real(scale), constant(zero_point)});
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
  using S = std::string;
  const auto add = [&](const std::string& name, const std::function<std::vector<ValueId>(B&)>& body) -> OpCase& {
    return cases.emplace_back(B(name, body).take());
  };
  const auto one = [&](const std::string& name, const std::function<ValueId(B&)>& body) -> OpCase& {
    return add(name, [&](B& b) { return std::vector<ValueId>{body(b)}; });
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
  }).since = 13;

  // Functions of one element, over where they are defined.
  struct Unary {
    OpKind op;
    double low, high;
    int64_t since = 11;
  };
  for (const auto& [op, low, high, since] : {
           Unary{OpKind::elu, -2, 2},    {OpKind::selu, -2, 2},
           {OpKind::softplus, -40, 40},  {OpKind::softsign, -2, 2},
           {OpKind::erf, -3, 3},         {OpKind::sqrt, 0, 4},
           {OpKind::exp, -3, 3},         {OpKind::log, 0.1, 4},
           {OpKind::neg, -2, 2},         {OpKind::abs, -2, 2},
           {OpKind::reciprocal, 0.2, 4}, {OpKind::sign, -2, 2},
           {OpKind::floor, -4, 4},       {OpKind::ceil, -4, 4},
           {OpKind::round, -4, 4},       {OpKind::sin, -7, 7},
           {OpKind::cos, -7, 7},         {OpKind::tan, -1.2, 1.2},
           {OpKind::asin, -0.9, 0.9},    {OpKind::acos, -0.9, 0.9},
           {OpKind::atan, -4, 4},        {OpKind::sinh, -2, 2},
           {OpKind::cosh, -2, 2},        {OpKind::asinh, -4, 4},
           {OpKind::acosh, 1.1, 4},      {OpKind::atanh, -0.9, 0.9},
           {OpKind::celu, -2, 2, 12},    {OpKind::thresholded_relu, -2, 3},
           {OpKind::shrink, -2, 2},      {OpKind::mish, -4, 4, 18},
           {OpKind::gelu, -4, 4, 20},
       })
    one(S(onnx_name(op)), [&](B& b) { return b.op(op, {b.input({20}, low, high)}); }).since = since;
  one("round_ties", [](B& b) {
    return b.op(OpKind::round, {b.op(OpKind::add, {b.input({6}, 0, 0), b.reals({-1.5F, -0.5F, 0.5F, 1.5F, 2.5F, 3})})});
  });
  one("elu_alpha", [](B& b) { return b.op(OpKind::elu, {b.input({9})}, attributes({{"alpha", 0.4f}})); });
  one("selu_gamma", [](B& b) {
    return b.op(OpKind::selu, {b.input({9})}, attributes({{"alpha", 1.2f}, {"gamma", 2.0f}}));
  });
  one("celu_alpha", [](B& b) { return b.op(OpKind::celu, {b.input({9})}, attributes({{"alpha", 0.4f}})); }).since = 12;
  one("thresholded_relu_alpha", [](B& b) {
    return b.op(OpKind::thresholded_relu, {b.input({9})}, attributes({{"alpha", 0.3f}}));
  });
  one("shrink_soft", [](B& b) {
    return b.op(OpKind::shrink, {b.input({9})}, attributes({{"lambd", 0.7f}, {"bias", 0.7f}}));
  });
  one("gelu_tanh", [](B& b) {
    return b.op(OpKind::gelu, {b.input({9}, -4, 4)}, attributes({{"approximate", S("tanh")}}));
  }).since = 20;
  one("prelu", [](B& b) { return b.op(OpKind::prelu, {b.input({3, 4}), b.weight({3, 1})}); });

  // Comparisons and logic; what they say goes on as numbers.
  for (const auto& [op, since] : {std::pair{OpKind::equal, I{11}},
                                  {OpKind::greater, I{11}},
                                  {OpKind::less, I{11}},
                                  {OpKind::greater_or_equal, I{12}},
                                  {OpKind::less_or_equal, I{12}}})
    one(S(onnx_name(op)), [&](B& b) {
      const ValueId x = b.op(OpKind::round, {b.input({3, 4})});
      return b.op(op, {x, b.reals({-1, 0, 1, 2})});
    }).since = since;
  for (const OpKind op : {OpKind::logical_and, OpKind::logical_or, OpKind::logical_xor})
    one(S(onnx_name(op)), [&](B& b) {
      const ValueId x = b.input({3, 4}), zero = b.real(0);
      return b.op(op, {b.op(OpKind::greater, {x, zero}), b.op(OpKind::less, {b.input({1, 4}), zero})});
    });
  one("not", [](B& b) { return b.op(OpKind::logical_not, {b.op(OpKind::greater, {b.input({5}), b.real(0)})}); });
  one("where", [](B& b) {
    return b.op(OpKind::where, {b.op(OpKind::greater, {b.input({3, 4}), b.real(0)}), b.weight({4}), b.input({3, 1})});
  });
  one("is_nan", [](B& b) { return b.op(OpKind::is_nan, {b.op(OpKind::log, {b.input({6})})}); });
  for (const I negative : {0, 1})
    one("is_inf_" + std::to_string(negative), [&](B& b) {
      const ValueId sign = b.op(OpKind::sign, {b.op(OpKind::round, {b.input({9})})});
      return b.op(OpKind::is_inf, {b.op(OpKind::div, {sign, b.real(0)})},
                  attributes({{"detect_negative", negative}, {"detect_positive", I{1} - negative}}));
    });
  one("bit_shift", [](B& b) {
    const ValueId x = b.cast(b.input({6}, 0, 255), DType::u8);
    return b.op(OpKind::bit_shift, {x, b.bytes({6}, {0, 1, 3, 7, 2, 5})}, attributes({{"direction", S("LEFT")}}));
  });
  one("bit_shift_right", [](B& b) {
    const ValueId x = b.cast(b.input({3}, 0, 255), DType::u8);
    return b.op(OpKind::bit_shift, {x, b.bytes({3}, {0, 1, 3})}, attributes({{"direction", S("RIGHT")}}));
  });

  for (const OpKind op : {OpKind::min, OpKind::max, OpKind::sum, OpKind::mean}) {
    one(S(onnx_name(op)), [&](B& b) { return b.op(op, {b.input({3, 4}), b.weight({4}), b.input({3, 1})}); });
    one(S(onnx_name(op)) + "_of_one", [&](B& b) { return b.op(op, {b.input({3, 4})}); });
  }
  one("pow", [](B& b) { return b.op(OpKind::pow, {b.input({3, 4}, 0.2, 2), b.weight({4})}); });
  one("pow_square", [](B& b) { return b.op(OpKind::pow, {b.input({3, 4}), b.real(2)}); });
  one("mod_float", [](B& b) {
    return b.op(OpKind::mod, {b.input({9}, -5, 5), b.real(1.5F)}, attributes({{"fmod", I{1}}}));
  });
  one("mod_integer", [](B& b) {
    return b.op(OpKind::mod, {b.cast(b.input({6}, -9, 9), DType::i64), b.ints({2, 3, -4, 5, -2, 7})});
  });

  for (const OpKind op : {OpKind::reduce_max, OpKind::reduce_min, OpKind::reduce_prod, OpKind::reduce_l1,
                          OpKind::reduce_l2, OpKind::reduce_sum_square, OpKind::reduce_log_sum_exp}) {
    one(S(onnx_name(op)), [&](B& b) { return b.op(op, {b.input({3, 4})}); });
    one(S(onnx_name(op)) + "_axes", [&](B& b) {
      return b.op(op, {b.input({3, 4, 2})}, attributes({{"axes", L{1, -1}}, {"keepdims", I{0}}}));
    });
  }
  one("reduce_log_sum", [](B& b) {
    return b.op(OpKind::reduce_log_sum, {b.input({3, 4}, 0.1, 2)}, attributes({{"axes", L{2}}}));
  });
  one("reduce_sum", [](B& b) {
    return b.op(OpKind::reduce_sum, {b.input({3, 4}), b.ints({1, -1})}, attributes({{"keepdims", I{0}}}));
  });
  one("reduce_sum_all", [](B& b) { return b.op(OpKind::reduce_sum, {b.input({3, 4})}); });
  for (const OpKind op : {OpKind::arg_max, OpKind::arg_min}) {
    one(S(onnx_name(op)), [&](B& b) { return b.op(op, {b.input({3, 4})}, attributes({{"axis", I{1}}})); });
    one(S(onnx_name(op)) + "_last", [&](B& b) {
      const ValueId x = b.op(OpKind::round, {b.input({9}, -1, 1)});
      return b.op(op, {x}, attributes({{"axis", I{-1}}, {"keepdims", I{0}}, {"select_last_index", I{1}}}));
    }).since = 12;
  }
  one("cum_sum", [](B& b) { return b.op(OpKind::cum_sum, {b.input({3, 4}), b.constant(Tensor::scalar(I{1}))}); });
  one("cum_sum_back", [](B& b) {
    return b.op(OpKind::cum_sum, {b.input({3, 4}), b.constant(Tensor::scalar(I{-1}))},
                attributes({{"exclusive", I{1}}, {"reverse", I{1}}}));
  });
  add("top_k", [](B& b) { return b.op_of(OpKind::top_k, {b.input({9}), b.ints({3})}, 2); });
  add("top_k_smallest", [](B& b) {
    return b.op_of(OpKind::top_k, {b.input({5, 2}), b.ints({2})}, 2, attributes({{"axis", I{1}}, {"largest", I{0}}}));
  });
  one("hardmax", [](B& b) { return b.op(OpKind::hardmax, {b.input({7})}); });
  one("hardmax_axis_1", [](B& b) {
    return b.op(OpKind::hardmax, {b.op(OpKind::round, {b.input({4, 3})})}, attributes({{"axis", I{1}}}));
  });

  one("expand", [](B& b) { return b.op(OpKind::expand, {b.input({1, 4}), b.ints({3, 3, 1})}); });
  one("tile", [](B& b) { return b.op(OpKind::tile, {b.input({2, 3}), b.ints({1, 2, 3})}); });
  one("constant_of_shape", [](B& b) {
    const ValueId fill = b.op(OpKind::constant_of_shape, {b.op(OpKind::shape, {b.input({2, 3})})},
                              attributes({{"value", floats({1}, {1.5F})}}));
    return fill;
  });
  one("range", [](B& b) {
    const ValueId steps = b.op(OpKind::range, {b.real(1), b.real(3), b.real(0.5F)});
    return b.op(OpKind::add, {b.input({4}), steps});
  });
  one("range_down", [](B& b) {
    const auto number = [&](I n) { return b.constant(Tensor::scalar(n)); };
    return b.op(OpKind::gather, {b.input({6}), b.op(OpKind::range, {number(5), number(-1), number(-2)})},
                attributes({{"axis", I{1}}}));
  });
  one("eye_like", [](B& b) { return b.op(OpKind::eye_like, {b.input({4})}); });
  one("eye_like_k", [](B& b) {
    return b.op(OpKind::eye_like, {b.input({4})}, attributes({{"k", I{1}}, {"dtype", I{7}}}));
  });
  one("one_hot", [](B& b) {
    const ValueId index = b.cast(b.input({3}, 0, 4.9), DType::i64);
    return b.op(OpKind::one_hot, {index, b.constant(Tensor::scalar(I{5})), b.reals({0.5F, 2})});
  });
  one("one_hot_axis_1", [](B& b) {
    const ValueId index = b.cast(b.input({3}, -4, 3.9), DType::i64);
    return b.op(OpKind::one_hot, {index, b.constant(Tensor::scalar(I{4})), b.ints({0, 1})},
                attributes({{"axis", I{1}}}));
  });
  one("gather_elements", [](B& b) {
    const Tensor index = Tensor::of<I>({3, 2}, L{0, -1, 2, 1, 1, 0});
    return b.op(OpKind::gather_elements, {b.input({4}), b.constant(index)}, attributes({{"axis", I{1}}}));
  });
  one("gather_nd", [](B& b) {
    return b.op(OpKind::gather_nd, {b.input({4, 2}), b.constant(Tensor::of<I>({2, 2}, L{0, 1, -1, 3}))});
  });
  one("gather_nd_batch", [](B& b) {
    return b.op(OpKind::gather_nd, {b.input({4, 2}), b.constant(Tensor::of<I>({3, 1}, L{2, 0, -1}))},
                attributes({{"batch_dims", I{1}}}));
  }).since = 12;
  const auto scattered = [](B& b, OpKind op, const S& reduction) {
    const bool nd = op == OpKind::scatter_nd;
    const Tensor index = nd ? Tensor::of<I>({2, 1}, L{1, 1}) : Tensor::of<I>({2, 2}, L{1, 1, 2, 2});
    const ValueId updates = b.weight(nd ? Shape{2, 4} : Shape{2, 2});
    Attributes attributes;
    if (!reduction.empty()) attributes.set("reduction", reduction);
    if (!nd) attributes.set("axis", I{1});
    return b.op(op, {b.input({4}), b.constant(index), updates}, std::move(attributes));
  };
  for (const OpKind op : {OpKind::scatter_elements, OpKind::scatter_nd})
    for (const S reduction : {"add", "mul"})
      one(S(onnx_name(op)) + "_" + reduction, [&](B& b) { return scattered(b, op, reduction); }).since = 16;
  one("scatter_elements", [](B& b) {
    return b.op(OpKind::scatter_elements,
                {b.input({4}), b.constant(Tensor::of<I>({2, 2}, L{1, 0, -1, 2})), b.weight({2, 2})},
                attributes({{"axis", I{-1}}}));
  });
  one("scatter_nd", [](B& b) {
    return b.op(OpKind::scatter_nd, {b.input({4}), b.constant(Tensor::of<I>({2, 2}, L{0, 1, 2, -1})), b.weight({2})});
  });
  one("trilu", [](B& b) { return b.op(OpKind::trilu, {b.input({3, 4})}); }).since = 14;
  one("trilu_lower", [](B& b) {
    return b.op(OpKind::trilu, {b.input({3, 4}), b.constant(Tensor::scalar(I{1}))}, attributes({{"upper", I{0}}}));
  }).since = 14;
  one("non_zero", [](B& b) { return b.op(OpKind::non_zero, {b.op(OpKind::relu, {b.input({3, 4})})}); });
  one("compress", [](B& b) {
    const ValueId kept = b.op(OpKind::greater, {b.weight({5}), b.real(0)});
    return b.op(OpKind::compress, {b.input({6}), kept}, attributes({{"axis", I{1}}}));
  });
  one("compress_flat", [](B& b) {
    const ValueId x = b.input({4});
    const ValueId kept = b.op(OpKind::reshape, {b.op(OpKind::greater, {x, b.real(0)}), b.ints({-1})});
    return b.op(OpKind::compress, {x, kept});
  });
  one("reverse_sequence", [](B& b) {
    const ValueId x = b.op(OpKind::transpose, {b.input({4, 2})}, attributes({{"perm", L{1, 0, 2}}}));
    return b.op(OpKind::reverse_sequence, {x, b.ints({1, 4, 3})});
  });
  one("reverse_sequence_batch_first", [](B& b) {
    return b.op(OpKind::reverse_sequence, {b.input({4, 2}), b.ints({1, 4, 2})},
                attributes({{"batch_axis", I{0}}, {"time_axis", I{1}}}));
  });
  add("unique", [](B& b) { return b.op_of(OpKind::unique, {b.op(OpKind::round, {b.input({9}, -2, 2)})}, 4); });
  add("unique_in_order", [](B& b) {
    const ValueId x = b.op(OpKind::round, {b.input({9}, -2, 2)});
    return b.op_of(OpKind::unique, {x}, 4, attributes({{"sorted", I{0}}}));
  });
  add("unique_rows", [](B& b) {
    const ValueId x = b.op(OpKind::round, {b.input({9, 2}, -0.9, 0.9)});
    return b.op_of(OpKind::unique, {x}, 4, attributes({{"axis", I{1}}}));
  });
  one("size", [](B& b) { return b.op(OpKind::size, {b.input({3, 4})}); });
  one("cast_like", [](B& b) { return b.op(OpKind::cast_like, {b.input({6}, -9, 9), b.ints({0})}); });
  one("depth_to_space", [](B& b) {
    return b.op(OpKind::depth_to_space, {b.input({8, 2, 3})}, attributes({{"blocksize", I{2}}}));
  });
  one("depth_to_space_crd", [](B& b) {
    return b.op(OpKind::depth_to_space, {b.input({8, 2, 3})}, attributes({{"blocksize", I{2}}, {"mode", S("CRD")}}));
  });
  one("space_to_depth", [](B& b) {
    return b.op(OpKind::space_to_depth, {b.input({2, 4, 6})}, attributes({{"blocksize", I{2}}}));
  });
  one("einsum", [](B& b) {
    return b.op(OpKind::einsum, {b.input({3, 4}), b.weight({4, 5})}, attributes({{"equation", S("bij,jk->bik")}}));
  }).since = 12;
  one("einsum_implicit", [](B& b) {
    return b.op(OpKind::einsum, {b.input({3, 4}), b.input({4, 5})}, attributes({{"equation", S("bij, bjk")}}));
  }).since = 12;

  one("global_max_pool", [](B& b) { return b.op(OpKind::global_max_pool, {b.input({3, 4, 5})}); });
  one("global_lp_pool", [](B& b) { return b.op(OpKind::global_lp_pool, {b.input({3, 4, 5})}); });
  one("global_lp_pool_3", [](B& b) {
    return b.op(OpKind::global_lp_pool, {b.input({3, 4, 5})}, attributes({{"p", I{3}}}));
  });
  one("lp_pool", [](B& b) {
    return b.op(OpKind::lp_pool, {b.input({2, 7, 8})}, attributes({{"kernel_shape", L{3, 2}}, {"strides", L{2, 1}}}));
  });
  one("lp_pool_1_padded", [](B& b) {
    return b.op(OpKind::lp_pool, {b.input({2, 7, 8})},
                attributes({{"kernel_shape", L{3, 3}}, {"p", I{1}}, {"pads", L{1, 0, 1, 2}}}));
  });
  one("lp_pool_dilated", [](B& b) {
    return b.op(OpKind::lp_pool, {b.input({2, 7, 8})}, attributes({{"kernel_shape", L{2, 2}}, {"dilations", L{2, 3}}}));
  }).since = 18;
  one("lrn", [](B& b) {
    return b.op(OpKind::lrn, {b.input({6, 3, 4})},
                attributes({{"size", I{3}}, {"alpha", 0.5f}, {"beta", 0.6f}, {"bias", 1.5f}}));
  });
  one("instance_normalization", [](B& b) {
    return b.op(OpKind::instance_normalization, {b.input({3, 4, 5}), b.weight({3}, 0.5, 1.5), b.weight({3})},
                attributes({{"epsilon", 1e-3f}}));
  });
  one("layer_normalization", [](B& b) {
    return b.op(OpKind::layer_normalization, {b.input({4, 6}), b.weight({6}), b.weight({6})});
  }).since = 17;
  add("layer_normalization_axis_1", [](B& b) {
    return b.op_of(OpKind::layer_normalization, {b.input({4, 6}), b.weight({4, 6})}, 1,
                   attributes({{"axis", I{1}}, {"epsilon", 1e-2f}}));
  }).since = 17;
  one("group_normalization", [](B& b) {
    return b.op(OpKind::group_normalization, {b.input({6, 4, 5}), b.weight({6}, 0.5, 1.5), b.weight({6})},
                attributes({{"num_groups", I{2}}, {"epsilon", 1e-3f}}));
  }).since = 21;
  one("group_normalization_per_group", [](B& b) {
    return b.op(OpKind::group_normalization, {b.input({4, 7}), b.reals({0.5F, 0.5F, 2, 2}), b.reals({1, 1, -1, -1})},
                attributes({{"num_groups", I{2}}}));
  }).since = 18;
  one("mean_variance_normalization", [](B& b) {
    return b.op(OpKind::mean_variance_normalization, {b.input({3, 4, 5})});
  });
  one("mean_variance_normalization_axes", [](B& b) {
    return b.op(OpKind::mean_variance_normalization, {b.input({3, 8})}, attributes({{"axes", L{1, -1}}}));
  });
  one("lp_normalization", [](B& b) { return b.op(OpKind::lp_normalization, {b.input({3, 4})}); });
  one("lp_normalization_1", [](B& b) {
    return b.op(OpKind::lp_normalization, {b.input({3, 4})}, attributes({{"axis", I{1}}, {"p", I{1}}}));
  });
  one("conv_transpose", [](B& b) {
    return b.op(OpKind::conv_transpose, {b.input({3, 4, 5}), b.weight({3, 2, 3, 3}), b.weight({2})},
                attributes({{"strides", L{2, 2}}, {"pads", L{1, 0, 0, 1}}, {"output_padding", L{1, 0}}}));
  });
  one("conv_transpose_groups", [](B& b) {
    return b.op(OpKind::conv_transpose, {b.input({4, 5, 5}), b.weight({4, 3, 2, 2})},
                attributes({{"group", I{2}}, {"dilations", L{2, 2}}}));
  });
  one("conv_transpose_shape", [](B& b) {
    return b.op(OpKind::conv_transpose, {b.input({2, 4, 5}), b.weight({2, 3, 3, 3})},
                attributes({{"strides", L{2, 2}}, {"output_shape", L{8, 11}}}));
  });

  // x: [steps, batch, 3]. Gates, directions and the inputs that may be left out.
  const auto recurrent = [](B& b, OpKind op, I gates, I directions, size_t outputs, Attributes attributes,
                            const std::vector<ValueId>& more = {}) {
    const ValueId x = b.op(OpKind::transpose, {b.input({4, 3})}, testing::attributes({{"perm", L{1, 0, 2}}}));
    std::vector<ValueId> inputs = {x, b.weight({directions, gates * 2, 3}), b.weight({directions, gates * 2, 2})};
    inputs.insert(inputs.end(), more.begin(), more.end());
    attributes.set("hidden_size", I{2});
    return b.op_of(op, std::move(inputs), outputs, std::move(attributes));
  };
  struct Recurrent {
    OpKind op;
    I gates;
    size_t outputs;
  };
  for (const auto& [op, gates, outputs] : {Recurrent{OpKind::rnn, 1, 2}, {OpKind::lstm, 4, 3}, {OpKind::gru, 3, 2}}) {
    const S name(onnx_name(op));
    add(name, [&](B& b) { return recurrent(b, op, gates, 1, outputs, {}, {b.weight({1, gates * 4})}); });
    add(name + "_reverse", [&](B& b) {
      return recurrent(b, op, gates, 1, outputs, attributes({{"direction", S("reverse")}, {"clip", 0.8f}}));
    });
    add(name + "_both_ways", [&](B& b) {
      const ValueId lengths = b.constant(Tensor::of<int32_t>({3}, std::vector<int32_t>{4, 2, 3}));
      return recurrent(b, op, gates, 2, outputs, attributes({{"direction", S("bidirectional")}}),
                       {b.weight({2, gates * 4}), lengths, b.weight({2, 3, 2})});
    });
  }
  add("lstm_peepholes", [&](B& b) {
    return recurrent(b, OpKind::lstm, 4, 1, 3, {},
                     {b.weight({1, 16}), kNoValue, b.weight({1, 3, 2}), b.weight({1, 3, 2}), b.weight({1, 6})});
  });
  add("gru_linear_before_reset", [&](B& b) {
    return recurrent(b, OpKind::gru, 3, 1, 2, attributes({{"linear_before_reset", I{1}}}), {b.weight({1, 12})});
  });
  add("rnn_activation", [&](B& b) {
    return recurrent(
        b, OpKind::rnn, 1, 1, 2,
        attributes({{"activations", std::vector<S>{"LeakyRelu"}}, {"activation_alpha", std::vector<float>{0.3F}}}));
  });

  // Products of levels.
  const Tensor zero_u8 = Tensor::scalar(uint8_t{120}), zero_i8 = Tensor::scalar(int8_t{-3});
  add("dynamic_quantize_linear", [](B& b) { return b.op_of(OpKind::dynamic_quantize_linear, {b.input({3, 4})}, 3); });
  one("matmul_integer", [&](B& b) {
    const ValueId a = b.levels(b.input({4, 6}), 0.02F, zero_u8), c = b.levels(b.weight({6, 5}), 0.01F, zero_i8);
    return b.op(OpKind::matmul_integer, {a, c, b.constant(zero_u8), b.constant(zero_i8)});
  });
  one("matmul_integer_plain", [&](B& b) {
    const ValueId a = b.levels(b.input({6}), 0.02F, zero_u8), c = b.levels(b.weight({6, 5}), 0.01F, zero_u8);
    return b.op(OpKind::matmul_integer, {a, c});
  });
  one("conv_integer", [&](B& b) {
    const ValueId x = b.levels(b.input({2, 5, 6}), 0.02F, zero_u8),
                  w = b.levels(b.weight({3, 2, 3, 3}), 0.01F, zero_u8);
    return b.op(OpKind::conv_integer, {x, w, b.constant(zero_u8), b.constant(zero_u8)},
                attributes({{"pads", L{1, 1, 0, 2}}, {"strides", L{2, 1}}}));
  });
  one("q_linear_conv", [&](B& b) {
    const ValueId x = b.levels(b.input({2, 5, 6}), 0.02F, zero_u8);
    const Tensor zeros = Tensor::of<int8_t>({3}, std::vector<int8_t>{0, 0, 0});
    const ValueId w = b.levels(b.weight({3, 2, 3, 3}), 0.01F, Tensor::scalar(int8_t{0}));
    const Tensor bias = Tensor::of<int32_t>({3}, std::vector<int32_t>{300, -200, 77});
    return b.op(OpKind::q_linear_conv,
                {x, b.real(0.02F), b.constant(zero_u8), w, b.reals({0.01F, 0.02F, 0.005F}), b.constant(zeros),
                 b.real(0.05F), b.constant(Tensor::scalar(uint8_t{100})), b.constant(bias)},
                attributes({{"pads", L{1, 1, 1, 1}}}));
  });
  one("q_linear_matmul", [&](B& b) {
    const ValueId a = b.levels(b.input({4, 6}), 0.02F, zero_u8), c = b.levels(b.weight({6, 5}), 0.01F, zero_u8);
    return b.op(OpKind::q_linear_matmul, {a, b.real(0.02F), b.constant(zero_u8), c, b.real(0.01F), b.constant(zero_u8),
                                          b.real(0.04F), b.constant(Tensor::scalar(uint8_t{128}))});
  });

  // Resize: by scales unless sizes are given.
  const auto resized = [](B& b, const Shape& input, const std::vector<float>& scales, Attributes attributes) {
    return b.op(OpKind::resize, {b.input(input), kNoValue, b.reals(scales)}, std::move(attributes));
  };
  one("resize", [&](B& b) { return resized(b, {2, 3, 4}, {1, 1, 2, 2}, {}); });
  for (const S place : {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"}) {
    for (const S mode : {"linear", "cubic"}) {
      const auto how = attributes({{"mode", mode}, {"coordinate_transformation_mode", place}});
      one("resize_" + mode + "_" + place, [&](B& b) { return resized(b, {2, 3, 4}, {1, 1, 2.5F, 2}, how); });
      one("resize_smaller_" + mode + "_" + place, [&](B& b) { return resized(b, {2, 7, 8}, {1, 1, 0.6F, 0.5F}, how); });
    }
    for (const S rounding : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})
      one("resize_" + rounding + "_" + place, [&](B& b) {
        return resized(b, {2, 3, 4}, {1, 1, 1.7F, 2},
                       attributes({{"nearest_mode", rounding}, {"coordinate_transformation_mode", place}}));
      });
  }
  one("resize_cubic_inside", [&](B& b) {
    return resized(b, {2, 5, 6}, {1, 1, 2, 0.7F},
                   attributes({{"mode", S("cubic")}, {"cubic_coeff_a", -0.5f}, {"exclude_outside", I{1}}}));
  });
  one("resize_to_sizes", [](B& b) {  // as exporters write it, the batch from the shape
    const ValueId x = b.input({2, 3, 4});
    const ValueId lead = b.op(OpKind::slice, {b.op(OpKind::shape, {x}), b.ints({0}), b.ints({2})});
    const ValueId sizes = b.op(OpKind::concat, {lead, b.ints({5, 7})}, attributes({{"axis", I{0}}}));
    return b.op(OpKind::resize, {x, kNoValue, kNoValue, sizes}, attributes({{"mode", S("linear")}}));
  });
  one("resize_crop", [](B& b) {
    const ValueId region = b.reals({0, 0, 0.2F, -0.3F, 1, 1, 0.9F, 1.4F});
    return b.op(OpKind::resize, {b.input({2, 4, 5}), region, kNoValue, b.ints({3, 2, 3, 6})},
                attributes({{"mode", S("linear")},
                            {"coordinate_transformation_mode", S("tf_crop_and_resize")},
                            {"extrapolation_value", 10.0f}}));
  });
  one("resize_axes", [](B& b) {
    return b.op(OpKind::resize, {b.input({2, 3, 4}), kNoValue, kNoValue, b.ints({9, 5})},
                attributes({{"axes", L{3, 2}}, {"mode", S("linear")}}));
  }).since = 18;
  for (const S mode : {"linear", "cubic"})
    one("resize_antialias_" + mode, [&](B& b) {
      return resized(b, {2, 9, 8}, {1, 1, 0.4F, 0.5F}, attributes({{"mode", mode}, {"antialias", I{1}}}));
    }).since = 18;
  for (const S policy : {"not_larger", "not_smaller"})
    one("resize_" + policy, [&](B& b) {
      return b.op(OpKind::resize, {b.input({2, 4, 6}), kNoValue, kNoValue, b.ints({7, 8})},
                  attributes({{"axes", L{2, 3}}, {"keep_aspect_ratio_policy", policy}, {"mode", S("linear")}}));
    }).since = 18;
  one("resize_symmetric", [&](B& b) {
    return resized(b, {2, 5, 7}, {1, 1, 0.5F, 1.3F},
                   attributes({{"mode", S("linear")}, {"coordinate_transformation_mode", S("half_pixel_symmetric")}}));
  }).since = 19;
  return cases;
}

}  // namespace pare::testing
