// Old forms of ops become those of opset 17.
#include "op_case.h"

namespace pare::testing {
namespace {

TEST(Lift, TurnsAttributesIntoInputs) {
  EXPECT_EQ(OneOp(7, OpKind::clip, Dims{kN, 4}, {{"min", 0.0f}, {"max", 6.0f}}).lifted(), "Clip(x, 0, 6)");
  EXPECT_EQ(OneOp(10, OpKind::clip, Dims{kN, 4}, {{"max", 6.0f}}).lifted(), "Clip(x, -, 6)");
  EXPECT_EQ(OneOp(7, OpKind::dropout, Dims{kN, 4}, {{"ratio", 0.25f}}).lifted(), "Dropout(x, 0.25)");
  EXPECT_EQ(OneOp(10, OpKind::dropout, Dims{kN, 4}).lifted(), "Dropout(x)");
  EXPECT_EQ(
      OneOp(10, OpKind::pad, Dims{2, 4}, {{"pads", Ints{0, 1, 0, 2}}, {"value", 3.0f}, {"mode", "constant"}}).lifted(),
      "Pad(x, [0 1 0 2], 3){mode=constant}");
  EXPECT_EQ(OneOp(9, OpKind::slice, Dims{kN, 4}, {{"starts", Ints{1}}, {"ends", Ints{3}}, {"axes", Ints{1}}}).lifted(),
            "Slice(x, [1], [3], [1])");
  EXPECT_EQ(OneOp(11, OpKind::split, Dims{kN, 4}, {{"axis", 1}, {"split", Ints{1, 3}}}, {}, 2).lifted(),
            "Split(x, [1 3]){axis=1}");
  EXPECT_EQ(OneOp(12, OpKind::squeeze, Dims{kN, 1}, {{"axes", Ints{1}}}).lifted(), "Squeeze(x, [1])");
  EXPECT_EQ(OneOp(12, OpKind::squeeze, Dims{1, 4}).lifted(), "Squeeze(x)");
  EXPECT_EQ(OneOp(7, OpKind::unsqueeze, Dims{kN}, {{"axes", Ints{1, 2}}}).lifted(), "Unsqueeze(x, [1 2])");
}

TEST(Lift, LeavesNewFormsAlone) {
  EXPECT_EQ(OneOp(11, OpKind::clip, Dims{kN, 4}, {}, {number(0), number(6)}).lifted(), "Clip(x, 0, 6)");
  EXPECT_EQ(OneOp(13, OpKind::squeeze, Dims{kN, 1}, {}, {ints({1})}).lifted(), "Squeeze(x, [1])");
  EXPECT_EQ(OneOp(13, OpKind::softmax, Dims{kN, 4, 5}, {{"axis", 1}}).lifted(), "Softmax(x){axis=1}");
}

TEST(Lift, NewerFormsBecomeThoseOf17) {
  EXPECT_EQ(OneOp(18, OpKind::reduce_mean, Dims{kN, 4}, {{"keepdims", 0}}, {ints({1})}).lifted(),
            "ReduceMean(x){keepdims=0 axes=[1]}");
  EXPECT_EQ(OneOp(20, OpKind::reduce_max, Dims{kN, 4}, {{"noop_with_empty_axes", 0}}).lifted(), "ReduceMax(x)");
  EXPECT_EQ(OneOp(18, OpKind::split, Dims{kN, 4}, {{"axis", 1}, {"num_outputs", 2}}, {}, 2).lifted(),
            "Split(x){axis=1}");
  EXPECT_EQ(OneOp(18, OpKind::split, Dims{kN, 5}, {{"axis", 1}, {"num_outputs", 2}}, {}, 2).lifted(),
            "Split(x, [3 2]){axis=1}");
  EXPECT_EQ(OneOp(19, OpKind::pad, Dims{kN, 4, 5}, {}, {ints({1, 2}), Tensor(), ints({-1})}).lifted(),
            "Pad(x, [0 0 1 0 0 2], -)");
  EXPECT_EQ(OneOp(19, OpKind::cast, Dims{kN, 4}, {{"to", 1}, {"saturate", 1}}).lifted(), "Cast(x){to=1}");
  EXPECT_EQ(OneOp(22, OpKind::relu, Dims{kN, 4}).lifted(), "Relu(x)");
}

TEST(Lift, WhatOpset17CannotSayIsCarried) {
  OneOp noop(18, OpKind::reduce_sum_square, Dims{kN, 4}, {{"noop_with_empty_axes", 1}});
  EXPECT_EQ(noop.lifted(), "ReduceSumSquare(x){noop_with_empty_axes=1}");
  EXPECT_EQ(noop.graph.nodes[0].op, OpKind::unknown);
  EXPECT_EQ(noop.graph.nodes[0].version, 18);
  OneOp dilated(19, OpKind::average_pool, Dims{kN, 1, 9}, {{"kernel_shape", Ints{2}}, {"dilations", Ints{2}}});
  dilated.lifted();
  EXPECT_EQ(dilated.graph.nodes[0].op, OpKind::unknown);
  // And leaves in the first opset that can say everything.
  const Graph again = parse_onnx(serialize_onnx(dilated.graph), "again", {.lift = false, .max_bytes = 1 << 20});
  EXPECT_EQ(again.opset(), 19);
  EXPECT_EQ(again.nodes[0].attributes.integers("dilations"), (Ints{2}));
}

TEST(Lift, InfersShapesOfLiftedOps) {
  OneOp op(11, OpKind::unsqueeze, Dims{kN, 3}, {{"axes", Ints{1}}});
  op.lifted();
  EXPECT_EQ(op.graph.value(op.graph.outputs[0]).dims, (Dims{kN, 1, 3}));
}

TEST(Lift, SoftmaxOfAMatrixNeedsNoMatrix) {
  EXPECT_EQ(OneOp(11, OpKind::softmax, Dims{kN, 10}).lifted(), "Softmax(x){axis=1}");
  EXPECT_EQ(OneOp(11, OpKind::log_softmax, Dims{kN, 4, 10}, {{"axis", -1}}).lifted(), "LogSoftmax(x){axis=2}");
  EXPECT_EQ(OneOp(11, OpKind::softmax, std::nullopt, {{"axis", -1}}).lifted(), "Softmax(x){axis=-1}");
  EXPECT_EQ(OneOp(11, OpKind::softmax, Dims{kN, 10, 1, 1}).lifted(), "Softmax(x){axis=1}");
  EXPECT_EQ(OneOp(11, OpKind::softmax, Dims{kN, 1, 10, 1}).lifted(), "Softmax(x){axis=2}");
}

TEST(Lift, SoftmaxOverSeveralAxesGoesThroughAMatrix) {
  const std::string expected = "Shape(x) Flatten(x){axis=1} Softmax(op_flat){axis=-1} Reshape(op_whole, op_shape)";
  OneOp op(11, OpKind::softmax, Dims{kN, 4, 5});
  EXPECT_EQ(op.lifted(), expected);
  EXPECT_EQ(op.graph.value(op.graph.outputs[0]).dims, (Dims{kN, 4, 5}));
  EXPECT_EQ(op.graph.value(op.graph.outputs[0]).name, "y0");
  EXPECT_EQ(OneOp(7, OpKind::softmax, std::nullopt).lifted(), expected);
}

TEST(Lift, SoftmaxKnowsShapesOfWhatComesBefore) {
  OneOp op(11, OpKind::unsqueeze, Dims{kN}, {{"axes", Ints{1}}});
  Node softmax;
  softmax.name = "softmax";
  softmax.op = OpKind::softmax;
  softmax.type = "Softmax";
  softmax.inputs = {op.graph.outputs[0]};
  softmax.outputs = {add_value(op.graph, "z", DType::none)};
  op.graph.outputs = softmax.outputs;
  add_node(op.graph, std::move(softmax));
  EXPECT_EQ(op.lifted(), "Unsqueeze(x, [1]) Softmax(y0){axis=1}");
}

TEST(Lift, SoftmaxWithAWrongAxisIsInvalid) {
  EXPECT_EQ(error_of([] { OneOp(11, OpKind::softmax, Dims{kN, 4}, {{"axis", 2}}).lifted(); }).first, Code::invalid);
}

std::vector<Tensor> four(int64_t channels) { return std::vector<Tensor>(4, Tensor(DType::f32, {channels})); }

TEST(Lift, BatchNormalizationSaysTrainingAloud) {
  EXPECT_EQ(OneOp(7, OpKind::batch_normalization, Dims{kN, 2}, {{"spatial", 1}, {"epsilon", 0.5f}}, four(2)).lifted(),
            "BatchNormalization(x, [0 0], [0 0], [0 0], [0 0]){epsilon=0.5}");
  OneOp training(9, OpKind::batch_normalization, Dims{kN, 2}, {}, four(2), 5);
  EXPECT_EQ(training.lifted(), "BatchNormalization(x, [0 0], [0 0], [0 0], [0 0]){training_mode=1}");
  EXPECT_EQ(training.graph.nodes[0].outputs.size(), 3u);
  EXPECT_EQ(error_of([] {
              OneOp(7, OpKind::batch_normalization, Dims{kN, 2}, {{"spatial", 0}}, four(2)).lifted();
            }).first,
            Code::unsupported);
  EXPECT_EQ(error_of([] {
              OneOp saved(9, OpKind::batch_normalization, Dims{kN, 2}, {}, four(2), 5);
              saved.graph.outputs.push_back(saved.graph.nodes[0].outputs[4]);
              saved.lifted();
            }).first,
            Code::unsupported);
}

TEST(Lift, UpsampleBecomesResize) {
  const std::vector<float> twice = {1, 1, 2, 2};
  const std::string resized = "Resize(x, -, [1 1 2 2]){coordinate_transformation_mode=asymmetric mode=";
  EXPECT_EQ(OneOp(8, OpKind::upsample, Dims{kN, 1, 4, 4}, {{"scales", twice}}).lifted(),
            resized + "nearest nearest_mode=floor}");
  EXPECT_EQ(
      OneOp(9, OpKind::upsample, Dims{kN, 1, 4, 4}, {{"mode", "linear"}}, {Tensor::of<float>({4}, twice)}).lifted(),
      resized + "linear}");
  OneOp op(10, OpKind::resize, Dims{kN, 1, 4, 4}, {}, {Tensor::of<float>({4}, twice)});
  EXPECT_EQ(op.lifted(), resized + "nearest nearest_mode=floor}");
  EXPECT_EQ(op.graph.value(op.graph.outputs[0]).dims, (Dims{kN, 1, 8, 8}));
}

TEST(Lift, ResizeOf10RoundsUpWhereItShrinks) {
  const auto lifted = [](const std::vector<float>& scales) {
    return OneOp(10, OpKind::resize, Dims{kN, 1, 4, 4}, {}, {Tensor::of<float>({4}, scales)}).lifted();
  };
  const std::string how = "{coordinate_transformation_mode=asymmetric mode=nearest nearest_mode=";
  EXPECT_EQ(lifted({1, 1, 0.5F, 1}), "Resize(x, -, [1 1 0.5 1])" + how + "ceil}");
  EXPECT_EQ(lifted({1, 1, 0.5F, 2}),
            "Resize(x, -, [1 1 0.5 1])" + how + "ceil} Resize(op_shrunk, -, [1 1 1 2])" + how + "floor}");
}

TEST(Lift, ResizeLeavesOutEmptyLists) {
  const Tensor none(DType::f32, {0}), scales = Tensor::of<float>({2}, std::vector<float>{1, 2});
  EXPECT_EQ(OneOp(11, OpKind::resize, Dims{kN, 4}, {}, {none, scales}).lifted(), "Resize(x, -, [1 2])");
  EXPECT_EQ(OneOp(11, OpKind::resize, Dims{2, 4}, {}, {none, none, ints({2, 8})}).lifted(), "Resize(x, -, -, [2 8])");
  EXPECT_EQ(
      OneOp(11, OpKind::resize, Dims{kN, 4},
            {{"coordinate_transformation_mode", "tf_half_pixel_for_nn"}, {"nearest_mode", "floor"}}, {none, scales})
          .lifted(),
      "Resize(x, -, [1 2]){coordinate_transformation_mode=half_pixel nearest_mode=round_prefer_ceil}");
}

TEST(Lift, HardmaxWorkedOnAMatrix) {
  EXPECT_EQ(OneOp(11, OpKind::hardmax, Dims{kN, 10}).lifted(), "Hardmax(x){axis=1}");
}

TEST(Lift, ClipBoundsOfHalfFloatsAreHalfFloats) {
  OneOp op(9, OpKind::clip, Dims{kN, 4}, {{"min", 0.0f}}, {}, 1, DType::f16);
  op.lifted();
  for (const Value& value : op.graph.values) {
    if (value.is_constant()) {
      EXPECT_EQ(value.source_dtype, DType::f16);
    }
  }
}

}  // namespace
}  // namespace pare::testing
