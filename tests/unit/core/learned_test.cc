// Which constants are parameters: by the op that reads them, and by where a file stores them.
#include <gmock/gmock.h>

#include "core/cost.h"
#include "core/pack/pack.h"
#include "op_case.h"
#include "tests/support/onnx_builder.h"

namespace pare::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> marked(const Graph& graph) {
  std::vector<std::string> names;
  for (const Value& value : graph.values)
    if (value.trainable) names.push_back(value.name);
  return names;
}

// What mark_trainable finds; the constants of a OneOp are c0, c1, ...
std::vector<std::string> learned(OneOp op) {
  mark_trainable(op.graph);
  return marked(op.graph);
}
Tensor zeros(Shape shape) { return Tensor(DType::f32, std::move(shape)); }

TEST(Learned, OpsSayWhich) {
  const Dims image = {kN, 4, 8, 8}, sequence = {5, kN, 3};
  EXPECT_THAT(learned(OneOp(17, OpKind::conv, image, {}, {zeros({2, 4, 3, 3}), zeros({2})})), ElementsAre("c0", "c1"));
  EXPECT_THAT(learned(OneOp(17, OpKind::conv_transpose, image, {}, {zeros({4, 2, 3, 3})})), ElementsAre("c0"));
  EXPECT_THAT(
      learned(OneOp(17, OpKind::batch_normalization, image, {}, {zeros({4}), zeros({4}), zeros({4}), zeros({4})})),
      ElementsAre("c0", "c1"));
  EXPECT_THAT(learned(OneOp(17, OpKind::layer_normalization, Dims{kN, 6}, {}, {zeros({6}), zeros({6})})),
              ElementsAre("c0", "c1"));
  EXPECT_THAT(learned(OneOp(17, OpKind::instance_normalization, image, {}, {zeros({4}), zeros({4})})),
              ElementsAre("c0", "c1"));
  EXPECT_THAT(learned(OneOp(17, OpKind::group_normalization, image, {{"num_groups", 2}}, {zeros({4}), zeros({4})})),
              ElementsAre("c0", "c1"));
  EXPECT_THAT(learned(OneOp(17, OpKind::prelu, image, {}, {zeros({1})})), ElementsAre("c0"));
  EXPECT_THAT(learned(OneOp(17, OpKind::lstm, sequence, {{"hidden_size", 2}},
                            {zeros({1, 8, 3}), zeros({1, 8, 2}), zeros({1, 16}), Tensor(), zeros({1, 1, 2}),
                             zeros({1, 1, 2}), zeros({1, 6})})),
              ElementsAre("c0", "c1", "c2", "c6"));
  EXPECT_THAT(learned(OneOp(17, OpKind::gru, sequence, {{"hidden_size", 2}}, {zeros({1, 6, 3}), zeros({1, 6, 2})})),
              ElementsAre("c0", "c1"));
  EXPECT_THAT(
      learned(OneOp(17, OpKind::einsum, Dims{kN, 6}, {{"equation", std::string("be,oe->bo")}}, {zeros({2, 6})})),
      ElementsAre("c0"));
  EXPECT_THAT(learned(OneOp(17, OpKind::mul, image, {}, {zeros({4, 1, 1})})), IsEmpty());
  EXPECT_THAT(learned(OneOp(17, OpKind::gather, Dims{kN, 4}, {}, {ints({0, 1})})), IsEmpty());
}

TEST(Learned, WeightsMayLieBehindATranspose) {
  OneOp op(17, OpKind::relu, Dims{kN, 6});
  Graph& g = op.graph;
  const ValueId w = add_constant(g, "w", zeros({2, 6}));
  Attributes order;
  order.set("perm", Ints{1, 0});
  append(g, OpKind::matmul, "fc", {g.outputs[0], append(g, OpKind::transpose, "turned", {w}, order)});
  const NetworkCost c = cost(g);
  EXPECT_EQ(c.parameters, 12);
  EXPECT_EQ(c.layers.at(0).name, "fc");
  mark_trainable(g);
  EXPECT_THAT(marked(g), ElementsAre("w"));
}

// x * raw -> MatMul -> + position -> * scale -> * Constant -> Concat with an expanded token -> * one -> y
Message<GraphField> embedding() {
  using F = NodeField;
  const auto of_axis = [](int64_t axis) {
    return Message<AttributeField>()
        .text(AttributeField::name, "axis")
        .integer(AttributeField::type, 2)
        .integer(AttributeField::i, axis);
  };
  const auto value = Message<AttributeField>()
                         .text(AttributeField::name, "value")
                         .integer(AttributeField::type, 4)
                         .message(AttributeField::t, pare::testing::floats("", {2}, {3, 4}));
  Message<GraphField> g;
  g.text(GraphField::name, "embedding")
      .message(GraphField::node, node("Mul", {"x", "raw"}, {"n"}))
      .message(GraphField::node, node("MatMul", {"n", "w"}, {"h"}))
      .message(GraphField::node, node("Add", {"position", "h"}, {"p"}))
      .message(GraphField::node, node("Mul", {"p", "scale"}, {"s"}))
      .message(GraphField::node, node("Constant", {}, {"fixed"}).message(F::attribute, value))
      .message(GraphField::node, node("Mul", {"s", "fixed"}, {"f"}))
      .message(GraphField::node, node("Expand", {"token", "shape"}, {"tokens"}))
      .message(GraphField::node, node("Concat", {"tokens", "f"}, {"c"}).message(F::attribute, of_axis(1)))
      .message(GraphField::node, node("Mul", {"c", "one"}, {"y"}))
      .message(GraphField::initializer, floats("raw", {2}, {1, 2}))
      .message(GraphField::initializer, floats("w", {2, 2}, {1, 2, 3, 4}))
      .message(GraphField::initializer, floats("position", {3, 2}, {1, 2, 3, 4, 5, 6}))
      .message(GraphField::initializer, floats("scale", {2}, {1, 2}))
      .message(GraphField::initializer, floats("token", {1, 1, 2}, {1, 2}))
      .message(GraphField::initializer, floats("one", {1}, {1}))
      .message(GraphField::initializer,
               tensor("shape", 7, {3}).packed(TensorField::int64_data, std::vector<int64_t>{1, 1, 2}))
      .message(GraphField::input, value_info("x", {"1", "3", "2"}))
      .message(GraphField::output, value_info("y", {"1", "4", "2"}));
  return g;
}

TEST(Learned, InitializersThatMeetALayersOutputAreParameters) {
  Graph g = parse(model(embedding()));
  EXPECT_THAT(marked(g), ElementsAre("position", "scale", "token"));
  EXPECT_EQ(cost(g).parameters, 6 + 2 + 2 + 4);
  mark_trainable(g);
  EXPECT_THAT(marked(g), ElementsAre("w", "position", "scale", "token"));
}

TEST(Learned, MarksAreKeptInPareFilesAndBelieved) {
  Graph g = parse(model(embedding()));
  mark_trainable(g);
  g.value(g.find_value("scale")).trainable = false;
  Graph back = unpack(pack(g), "g.pare");
  lift(back);
  EXPECT_THAT(marked(back), ElementsAre("w", "position", "token"));
}

}  // namespace
}  // namespace pare::testing
