// Ops of opset 17 said in older opsets, and read back.
#include "op_case.h"

namespace pare::testing {
namespace {

std::string lowered(int64_t opset, OpKind op, std::optional<Dims> dims, NamedAttributes attributes = {},
                    std::vector<Tensor> constants = {}, size_t outputs = 1, DType dtype = DType::f32) {
  return OneOp(17, op, std::move(dims), attributes, std::move(constants), outputs, dtype).lowered(opset);
}

// Lowering fails with Error(unsupported) that names node and opset.
void expect_unsupported(OneOp op, int64_t opset) {
  const auto [code, what] = error_of([&] { op.lowered(opset); });
  EXPECT_EQ(code, Code::unsupported);
  EXPECT_NE(what.find("'op'"), std::string::npos) << what;
  EXPECT_NE(what.find("opset " + std::to_string(opset)), std::string::npos) << what;
}

TEST(Lower, TurnsInputsIntoAttributes) {
  EXPECT_EQ(lowered(12, OpKind::squeeze, Dims{kN, 1}, {}, {ints({1})}), "Squeeze(x){axes=[1]}");
  EXPECT_EQ(lowered(12, OpKind::squeeze, Dims{1, 4}), "Squeeze(x)");
  EXPECT_EQ(lowered(11, OpKind::unsqueeze, Dims{kN, 3}, {}, {ints({0, -1})}), "Unsqueeze(x){axes=[0 -1]}");
  EXPECT_EQ(lowered(11, OpKind::split, Dims{kN, 4}, {{"axis", 1}}, {ints({1, 3})}, 2), "Split(x){axis=1 split=[1 3]}");
  EXPECT_EQ(lowered(11, OpKind::dropout, Dims{kN, 4}, {{"seed", 3}}, {number(0.25f), Tensor::scalar(false)}),
            "Dropout(x){ratio=0.25}");
}

TEST(Lower, KeepsFormsThatTheTargetHas) {
  EXPECT_EQ(lowered(13, OpKind::squeeze, Dims{kN, 1}, {}, {ints({1})}), "Squeeze(x, [1])");
  EXPECT_EQ(lowered(12, OpKind::dropout, Dims{kN, 4}, {{"seed", 3}}, {number(0.25f)}), "Dropout(x, 0.25){seed=3}");
  EXPECT_EQ(lowered(14, OpKind::hard_swish, Dims{kN, 4}), "HardSwish(x)");
  EXPECT_EQ(lowered(15, OpKind::shape, Dims{kN, 4}, {{"start", 1}}), "Shape(x){start=1}");
}

TEST(Lower, NewerOpsetsGetTheirForms) {
  EXPECT_EQ(lowered(18, OpKind::reduce_l2, Dims{kN, 4}, {{"axes", Ints{1}}}), "ReduceL2(x, [1])");
  EXPECT_EQ(lowered(22, OpKind::reduce_mean, Dims{kN, 4}), "ReduceMean(x)");
  EXPECT_EQ(lowered(18, OpKind::split, Dims{kN, 4}, {{"axis", 1}}, {}, 2), "Split(x){axis=1 num_outputs=2}");
  EXPECT_EQ(lowered(18, OpKind::split, Dims{kN, 4}, {{"axis", 1}}, {ints({1, 3})}, 2), "Split(x, [1 3]){axis=1}");
  for (const int64_t opset : {18, 22}) {
    EXPECT_EQ(OneOp(17, OpKind::reduce_mean, Dims{kN, 4}, {{"axes", Ints{1}}}).there_and_back(opset),
              "ReduceMean(x){axes=[1]}");
    EXPECT_EQ(OneOp(17, OpKind::split, Dims{kN, 4}, {{"axis", 1}}, {}, 2).there_and_back(opset), "Split(x){axis=1}");
  }
}

TEST(Lower, ComputedListsAreUnsupported) {
  for (const OpKind kind : {OpKind::squeeze, OpKind::unsqueeze, OpKind::split}) {
    OneOp op(17, kind, Dims{1, 1}, {}, {ints({1})});
    const ValueId axes = add_input(op.graph, "axes", DType::i64, Dims{1});
    set_input(op.graph, 0, 1, axes);
    expect_unsupported(op, 12);
  }
}

TEST(Lower, SoftmaxNormalizesTheLastAxis) {
  EXPECT_EQ(lowered(12, OpKind::softmax, Dims{kN, 10}), "Softmax(x){axis=-1}");
  EXPECT_EQ(lowered(11, OpKind::softmax, std::nullopt), "Softmax(x){axis=-1}");
  EXPECT_EQ(lowered(11, OpKind::log_softmax, Dims{kN, 10}, {{"axis", 1}}), "LogSoftmax(x){axis=1}");
  EXPECT_EQ(lowered(11, OpKind::softmax, Dims{kN, 10, 1, 1}, {{"axis", -3}}), "Softmax(x){axis=1}");
  EXPECT_EQ(lowered(11, OpKind::softmax, Dims{kN, 21, 8, 9}, {{"axis", 1}}),
            "Transpose(x){perm=[0 3 2 1]} Softmax(op_turn){axis=-1} Transpose(op_whole){perm=[0 3 2 1]}");
  expect_unsupported(OneOp(17, OpKind::softmax, std::nullopt, {{"axis", 1}}), 12);
}

TEST(Lower, HardSwishIsWrittenOut) {
  EXPECT_EQ(lowered(13, OpKind::hard_swish, Dims{kN, 4}), "HardSigmoid(x){alpha=0.167 beta=0.5} Mul(x, op_gate)");
}

TEST(Lower, ShapeOfAPartIsSliced) {
  EXPECT_EQ(lowered(14, OpKind::shape, Dims{kN, 4, 5}, {{"start", 1}, {"end", -1}}),
            "Shape(x) Slice(op_whole, [1], [-1])");
  EXPECT_EQ(lowered(11, OpKind::shape, Dims{kN, 4, 5}), "Shape(x)");
}

TEST(Lower, ReshapeToZeroIsUnsupported) {
  EXPECT_EQ(lowered(13, OpKind::reshape, Dims{kN, 4}, {{"allowzero", 1}}, {ints({-1, 2, 2})}), "Reshape(x, [-1 2 2])");
  EXPECT_EQ(lowered(13, OpKind::reshape, Dims{kN, 4}, {{"allowzero", 0}}, {ints({0, 4})}), "Reshape(x, [0 4])");
  expect_unsupported(OneOp(17, OpKind::reshape, Dims{0, 4}, {{"allowzero", 1}}, {ints({0, 4})}), 13);
}

TEST(Lower, ConstantsBecomeTensors) {
  EXPECT_EQ(lowered(11, OpKind::constant, {}, {{"value_int", 3}}), "Constant(){value=i643}");
  EXPECT_EQ(lowered(11, OpKind::constant, {}, {{"value_ints", Ints{3, 4}}}), "Constant(){value=i64[3 4]}");
  EXPECT_EQ(lowered(11, OpKind::constant, {}, {{"value_float", 0.5f}}), "Constant(){value=f320.5}");
  EXPECT_EQ(lowered(11, OpKind::constant, {}, {{"value_floats", std::vector<float>{1, 2}}}),
            "Constant(){value=f32[1 2]}");
  expect_unsupported(OneOp(17, OpKind::constant, {}, {{"value_string", "a"}}), 11);
}

TEST(Lower, QuantizationHasOneScaleBelow13) {
  const Tensor zero = Tensor::scalar<int8_t>(0), one_zero = Tensor(DType::i8, {1}), two = Tensor(DType::f32, {2});
  EXPECT_EQ(lowered(12, OpKind::quantize_linear, Dims{kN, 2}, {{"axis", 1}}, {number(0.5f), zero}),
            "QuantizeLinear(x, 0.5, 0)");
  EXPECT_EQ(lowered(11, OpKind::quantize_linear, Dims{kN, 2}, {}, {number(0.5f).reshaped({1}), one_zero}),
            "QuantizeLinear(x, 0.5, 0)");
  EXPECT_EQ(lowered(13, OpKind::dequantize_linear, Dims{kN, 2}, {{"axis", 1}}, {two}, 1, DType::i8),
            "DequantizeLinear(x, [0 0]){axis=1}");
  expect_unsupported(OneOp(17, OpKind::dequantize_linear, Dims{kN, 2}, {{"axis", 1}}, {two}, 1, DType::i8), 12);
}

TEST(Lower, TypesThatCameLaterAreUnsupported) {
  expect_unsupported(OneOp(17, OpKind::relu, Dims{4}, {}, {}, 1, DType::i32), 13);
  expect_unsupported(OneOp(17, OpKind::add, Dims{4}, {}, {Tensor(DType::i8, {4})}, 1, DType::i8), 13);
  expect_unsupported(OneOp(17, OpKind::max_pool, Dims{1, 1, 4}, {{"kernel_shape", Ints{2}}}, {}, 1, DType::u8), 11);
  expect_unsupported(OneOp(17, OpKind::clip, Dims{4}, {}, {}, 1, DType::i32), 11);
  EXPECT_EQ(lowered(13, OpKind::add, Dims{4}, {}, {Tensor(DType::i64, {1})}, 1, DType::i64), "Add(x, [0])");
}

TEST(Lower, ResizeHadFewerAttributes) {
  const Tensor scales = Tensor::of<float>({2}, std::vector<float>{1, 2});
  EXPECT_EQ(lowered(13, OpKind::resize, Dims{kN, 4}, {{"antialias", 0}}, {Tensor(), scales}), "Resize(x, -, [1 2])");
  EXPECT_EQ(lowered(12, OpKind::resize, Dims{kN, 4}, {}, {Tensor(), scales}), "Resize(x, [], [1 2])");
  EXPECT_EQ(lowered(11, OpKind::resize, Dims{2, 4}, {}, {Tensor(), Tensor(), ints({2, 8})}),
            "Resize(x, [], [], [2 8])");
  expect_unsupported(OneOp(17, OpKind::resize, Dims{kN, 4}, {{"antialias", 1}}, {Tensor(), scales}), 13);
  expect_unsupported(OneOp(17, OpKind::resize, Dims{kN, 4}, {{"axes", Ints{0, 1}}}, {Tensor(), scales}), 13);
}

TEST(Lower, CastLikeNamesTheType) {
  EXPECT_EQ(lowered(14, OpKind::cast_like, Dims{kN, 4}, {}, {ints({0})}), "Cast(x){to=7}");
  EXPECT_EQ(lowered(15, OpKind::cast_like, Dims{kN, 4}, {}, {ints({0})}), "CastLike(x, [0])");
}

TEST(Lower, LpPoolHadWindowsWithoutGaps) {
  EXPECT_EQ(lowered(16, OpKind::lp_pool, Dims{1, 1, 4}, {{"kernel_shape", Ints{2}}, {"dilations", Ints{1}}}),
            "LpPool(x){kernel_shape=[2]}");
  expect_unsupported(OneOp(17, OpKind::lp_pool, Dims{1, 1, 4}, {{"kernel_shape", Ints{2}}, {"dilations", Ints{2}}}),
                     16);
}

TEST(Lower, GroupNormalizationHadOneScalePerGroup) {
  const auto list = [](const std::vector<float>& values) { return Tensor::of<float>({4}, values); };
  const OpDef* def = op_def(OpKind::group_normalization);
  OneOp op(17, OpKind::group_normalization, Dims{kN, 4, 5}, {{"num_groups", 2}},
           {list({1, 1, 3, 3}), list({0, 0, 2, 2})});
  def->lower(op.graph, 0, 18);
  EXPECT_EQ(op.text(), "GroupNormalization(x, [1 3], [0 2]){num_groups=2}");
  def->lift(op.graph, 0, 20);
  EXPECT_EQ(op.text(), "GroupNormalization(x, [1 1 3 3], [0 0 2 2]){num_groups=2}");
  OneOp mixed(17, OpKind::group_normalization, Dims{kN, 4, 5}, {{"num_groups", 2}},
              {list({1, 2, 3, 3}), list({0, 0, 2, 2})});
  EXPECT_EQ(error_of([&] { def->lower(mixed.graph, 0, 20); }).first, Code::unsupported);
  def->lower(mixed.graph, 0, 21);
  EXPECT_EQ(mixed.text(), "GroupNormalization(x, [1 2 3 3], [0 0 2 2]){num_groups=2}");
}

TEST(Lower, DropoutThatDropsIsUnsupported) {
  expect_unsupported(OneOp(17, OpKind::dropout, Dims{4}, {}, {number(0.5f), Tensor::scalar(true)}), 11);
}

TEST(Lower, BatchNormalizationTrainsByItsOutputs) {
  const std::vector<Tensor> four(4, Tensor(DType::f32, {2}));
  OneOp op(17, OpKind::batch_normalization, Dims{kN, 2}, {{"training_mode", 1}}, four);
  EXPECT_EQ(op.lowered(13), "BatchNormalization(x, [0 0], [0 0], [0 0], [0 0])");
  EXPECT_EQ(op.graph.nodes[0].outputs.size(), 3u);
  EXPECT_EQ(op.lifted(), "BatchNormalization(x, [0 0], [0 0], [0 0], [0 0]){training_mode=1}");
  OneOp inference(17, OpKind::batch_normalization, Dims{kN, 2}, {{"training_mode", 0}}, four);
  EXPECT_EQ(inference.lowered(11), "BatchNormalization(x, [0 0], [0 0], [0 0], [0 0])");
  EXPECT_EQ(inference.graph.nodes[0].outputs.size(), 1u);
}

TEST(LowerAndLift, GivesTheSameGraph) {
  for (int64_t opset = kOldestExport; opset <= 17; ++opset) {
    const auto same = [&](OpKind op, Dims dims, NamedAttributes attributes = {}, std::vector<Tensor> constants = {},
                          size_t outputs = 1) {
      OneOp one(17, op, std::move(dims), attributes, std::move(constants), outputs);
      const std::string before = one.text();
      const auto shape = one.graph.value(one.graph.outputs[0]).dims;
      EXPECT_EQ(one.there_and_back(opset), before) << "opset " << opset;
      EXPECT_EQ(one.graph.value(one.graph.outputs[0]).dims, shape);
    };
    same(OpKind::squeeze, {kN, 1, 3}, {}, {ints({1})});
    same(OpKind::unsqueeze, {kN, 3}, {}, {ints({-1})});
    same(OpKind::split, {kN, 4}, {{"axis", 1}}, {ints({1, 3})}, 2);
    same(OpKind::split, {kN, 4}, {{"axis", 1}}, {}, 2);
    same(OpKind::dropout, {kN, 4}, {}, {number(0.25f)});
    same(OpKind::clip, {kN, 4}, {}, {number(0), number(6)});
    same(OpKind::pad, {kN, 4}, {{"mode", "constant"}}, {ints({0, 1, 0, 1}), number(2)});
    same(OpKind::slice, {kN, 4}, {}, {ints({0}), ints({3}), ints({1}), ints({2})});
    same(OpKind::softmax, {kN, 4}, {{"axis", 1}});
    same(OpKind::log_softmax, {kN, 4, 1}, {{"axis", 1}});
    same(OpKind::reshape, {kN, 4}, {}, {ints({0, 2, 2})});
    same(OpKind::reduce_mean, {kN, 4, 4}, {{"axes", Ints{1, 2}}, {"keepdims", 0}});
    same(OpKind::resize, {kN, 4}, {{"mode", "linear"}}, {Tensor(), Tensor::of<float>({2}, std::vector<float>{1, 2})});
    same(OpKind::hardmax, {kN, 4}, {{"axis", 1}});
    same(OpKind::quantize_linear, {kN, 4}, {}, {number(0.5f), Tensor::scalar<uint8_t>(3)});
  }
}

}  // namespace
}  // namespace pare::testing
