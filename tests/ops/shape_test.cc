// Ops about shapes and indices: values known from the ONNX text.
#include <limits>

#include "tests/ops/op_run.h"

namespace pare::testing {
namespace {

using Ints = std::vector<int64_t>;
using ::testing::ElementsAre;

Tensor row(const std::vector<float>& values) { return floats({static_cast<int64_t>(values.size())}, values); }

TEST(ShapeOps, ReshapeCopiesAndInfers) {
  const Tensor x = ramp({2, 3, 4});
  EXPECT_EQ(run_op(OpKind::reshape, {x, integers({0, -1})}).shape(), (Shape{2, 12}));
  EXPECT_EQ(run_op(OpKind::reshape, {x, integers({4, 0, 2})}).shape(), (Shape{4, 3, 2}));
  EXPECT_EQ(run_op(OpKind::reshape, {ramp({0, 3}), integers({3, 0})}, {{"allowzero", int64_t{1}}}).shape(),
            (Shape{3, 0}));
}

TEST(ShapeOps, FlattenAtAnyAxis) {
  const Tensor x = ramp({2, 3, 4});
  EXPECT_EQ(run_op(OpKind::flatten, {x}).shape(), (Shape{2, 12}));
  EXPECT_EQ(run_op(OpKind::flatten, {x}, {{"axis", int64_t{0}}}).shape(), (Shape{1, 24}));
  EXPECT_EQ(run_op(OpKind::flatten, {x}, {{"axis", int64_t{-1}}}).shape(), (Shape{6, 4}));
  EXPECT_EQ(run_op(OpKind::flatten, {x}, {{"axis", int64_t{3}}}).shape(), (Shape{24, 1}));
}

TEST(ShapeOps, SliceBackwardsFromBeforeTheStartTakesTheFirst) {
  const Tensor y =
      run_op(OpKind::slice, {row({5, 6, 7}), integers({-100}), integers({INT64_MIN}), integers({0}), integers({-1})});
  EXPECT_THAT(elements(y), ElementsAre(5));
}

TEST(ShapeOps, TransposeReversesByDefault) {
  EXPECT_THAT(elements(run_op(OpKind::transpose, {ramp({2, 3})})), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_EQ(run_op(OpKind::transpose, {ramp({2, 3, 4})}, {{"perm", Ints{2, 0, 1}}}).shape(), (Shape{4, 2, 3}));
}

TEST(ShapeOps, SqueezeAndUnsqueeze) {
  const Tensor x = ramp({1, 3, 1, 2});
  EXPECT_EQ(run_op(OpKind::squeeze, {x}).shape(), (Shape{3, 2}));
  EXPECT_EQ(run_op(OpKind::squeeze, {x, integers({-2})}).shape(), (Shape{1, 3, 2}));
  EXPECT_EQ(run_op(OpKind::squeeze, {x, integers({2, 0})}).shape(), (Shape{3, 2}));
  EXPECT_EQ(run_op(OpKind::unsqueeze, {ramp({3, 2}), integers({-1, 0})}).shape(), (Shape{1, 3, 2, 1}));
}

TEST(ShapeOps, ShapeWithBounds) {
  const Tensor x = ramp({2, 3, 4});
  EXPECT_THAT(elements<int64_t>(run_op(OpKind::shape, {x})), ElementsAre(2, 3, 4));
  EXPECT_THAT(elements<int64_t>(run_op(OpKind::shape, {x}, {{"start", int64_t{1}}, {"end", int64_t{-1}}})),
              ElementsAre(3));
}

TEST(ShapeOps, ConcatAndSplit) {
  EXPECT_THAT(elements(run_op(OpKind::concat, {ramp({2, 1}), ramp({2, 2}, 10)}, {{"axis", int64_t{-1}}})),
              ElementsAre(0, 10, 11, 1, 12, 13));
  const auto even = run_all(OpKind::split, {ramp({6})}, {}, 3);
  EXPECT_THAT(elements(even[2]), ElementsAre(4, 5));
  const auto sized = run_all(OpKind::split, {ramp({2, 5}), integers({1, 4})}, {{"axis", int64_t{1}}}, 2);
  EXPECT_THAT(elements(sized[0]), ElementsAre(0, 5));
  EXPECT_EQ(sized[1].shape(), (Shape{2, 4}));
}

TEST(ShapeOps, SliceWithStepsAndNegativeIndices) {
  const auto slice = [](Ints starts, Ints ends, Ints axes = {0}, Ints steps = {1}) {
    return elements(
        run_op(OpKind::slice, {ramp({6}), integers(starts), integers(ends), integers(axes), integers(steps)}));
  };
  EXPECT_THAT(slice({1}, {4}), ElementsAre(1, 2, 3));
  EXPECT_THAT(slice({-3}, {1000}), ElementsAre(3, 4, 5));
  EXPECT_THAT(slice({0}, {6}, {-1}, {4}), ElementsAre(0, 4));
  EXPECT_THAT(slice({4}, {0}, {0}, {-2}), ElementsAre(4, 2));
  EXPECT_THAT(slice({-1}, {std::numeric_limits<int64_t>::min()}, {0}, {-1}), ElementsAre(5, 4, 3, 2, 1, 0));
  EXPECT_THAT(slice({100}, {-100}, {0}, {-5}), ElementsAre(5, 0));
  EXPECT_THAT(slice({4}, {2}), ElementsAre());
  EXPECT_THAT(slice({0}, {std::numeric_limits<int64_t>::max()}, {0}, {std::numeric_limits<int64_t>::max()}),
              ElementsAre(0));
  EXPECT_THAT(elements(run_op(OpKind::slice, {ramp({2, 3}), integers({1, 0}), integers({2, 2})})), ElementsAre(3, 4));
}

TEST(ShapeOps, GatherAlongAnyAxis) {
  const Tensor x = ramp({2, 3});
  const Tensor index = Tensor::of<int64_t>({1, 2}, std::vector<int64_t>{-1, 0});
  const Tensor y = run_op(OpKind::gather, {x, index}, {{"axis", int64_t{1}}});
  EXPECT_EQ(y.shape(), (Shape{2, 1, 2}));
  EXPECT_THAT(elements(y), ElementsAre(2, 0, 5, 3));
  EXPECT_EQ(run_op(OpKind::gather, {x, Tensor::scalar(int64_t{1})}).shape(), (Shape{3}));
}

TEST(ShapeOps, PadModes) {
  const Tensor x = row({1, 2, 3});
  const auto pad = [&](const char* mode, Ints pads, std::vector<Tensor> more = {}) {
    std::vector<Tensor> inputs{x, integers(pads)};
    inputs.insert(inputs.end(), more.begin(), more.end());
    return elements(run_op(OpKind::pad, inputs, {{"mode", std::string(mode)}}));
  };
  EXPECT_THAT(pad("constant", {1, 2}), ElementsAre(0, 1, 2, 3, 0, 0));
  EXPECT_THAT(pad("constant", {1, 0}, {floats({}, {9})}), ElementsAre(9, 1, 2, 3));
  EXPECT_THAT(pad("constant", {-1, 1}), ElementsAre(2, 3, 0));
  EXPECT_THAT(pad("reflect", {2, 1}), ElementsAre(3, 2, 1, 2, 3, 2));
  EXPECT_THAT(pad("edge", {2, 1}), ElementsAre(1, 1, 1, 2, 3, 3));
  EXPECT_THAT(pad("edge", {2, -1}), ElementsAre(1, 1, 1, 2));
}

TEST(ShapeOps, ConstantsOfEveryForm) {
  EXPECT_THAT(elements(run_op(OpKind::constant, {}, {{"value", row({1, 2})}})), ElementsAre(1, 2));
  EXPECT_THAT(elements(run_op(OpKind::constant, {}, {{"value_float", 2.5F}})), ElementsAre(2.5F));
  EXPECT_THAT(elements<int64_t>(run_op(OpKind::constant, {}, {{"value_ints", Ints{3, 4}}})), ElementsAre(3, 4));
}

TEST(ShapeOps, ChainsOfSmallIntegersDriveReshape) {
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1, 1), 2, 3});
  const ValueId shape = append(g, OpKind::shape, "shape", {x});
  const ValueId batch = append(g, OpKind::gather, "batch", {shape, add_constant(g, "zero", integers({0}))});
  const ValueId target = append(g, OpKind::concat, "target", {batch, add_constant(g, "rest", integers({-1}))},
                                attributes({{"axis", int64_t{0}}}));
  g.outputs = {append(g, OpKind::reshape, "y", {x, target})};
  const std::vector<Tensor> in{ramp({4, 2, 3})};
  const std::vector<ValueId> fetch{g.outputs[0], target, x};
  const auto results = engine().run(g, in, fetch);
  EXPECT_EQ(results[0].shape(), (Shape{4, 6}));
  EXPECT_THAT(elements<int64_t>(results[1]), ElementsAre(4, -1));
  EXPECT_EQ(results[2], in[0]);
}

}  // namespace
}  // namespace pare::testing
