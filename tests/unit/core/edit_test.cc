#include "core/edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

using ::testing::ElementsAre;
using namespace pare::testing;

TEST(Edit, AppendInfersShapesAndLinks) {
  const Graph g = small_network();
  verify(g);
  const Value& y = g.value(g.outputs[0]);
  EXPECT_EQ(y.dtype, DType::f32);
  EXPECT_EQ(*y.dims, (Dims{Dim(1, 1), 10}));
  EXPECT_EQ(g.value(g.find_value("conv1")).users.size(), 1u);
}

TEST(Edit, ReplaceUsesKeepsTheOutputsName) {
  Graph g = small_network();
  const ValueId y = g.outputs[0], f = g.find_value("flatten");
  const ValueId z = append(g, OpKind::relu, "extra", {f});
  replace_uses(g, y, z);
  remove_node(g, find_node(g, "fc1"));
  compact(g);
  verify(g);
  EXPECT_EQ(g.value(g.outputs[0]).name, "y");
  EXPECT_EQ(g.find_value("fc1.weight"), kNoValue);
}

TEST(Edit, ReplacingAnOutputByAnInputNeedsAnIdentity) {
  Graph g = small_network();
  replace_uses(g, g.outputs[0], g.inputs[0]);
  remove_node(g, find_node(g, "fc1"));
  verify(g);
  EXPECT_EQ(g.value(g.outputs[0]).name, "y");
  EXPECT_EQ(g.value(g.inputs[0]).name, "x");
  EXPECT_EQ(g.node(g.value(g.outputs[0]).producer).op, OpKind::identity);
}

TEST(Edit, CapturedNamesMoveWithTheUse) {
  Graph g = small_network();
  const ValueId r = g.find_value("relu1");
  Node loop;  // an op whose sub-graph reads relu1 by name
  loop.name = loop.type = "Loop";
  loop.captured = {r};
  loop.outputs = {add_value(g, "looped", DType::f32)};
  add_node(g, std::move(loop));
  g.outputs.push_back(g.find_value("looped"));
  verify(g);
  const ValueId c = g.find_value("conv1");
  EXPECT_FALSE(has_public_name(g, c));
  replace_uses(g, r, c);
  remove_node(g, find_node(g, "relu1"));
  compact(g);
  verify(g);
  EXPECT_EQ(g.value(g.node(find_node(g, "Loop")).captured[0]).name, "relu1");
  EXPECT_EQ(g.node(g.value(g.find_value("relu1")).producer).op, OpKind::conv);
}

TEST(Edit, AGraphInputKeepsItsName) {
  Graph g = small_network();
  g.outputs.push_back(g.inputs[0]);
  const ValueId other = append(g, OpKind::relu, "extra", {g.inputs[0]});
  sort_topologically(g);
  replace_uses(g, g.inputs[0], other);
  EXPECT_EQ(g.value(g.inputs[0]).name, "x");
  EXPECT_EQ(g.outputs[1], g.inputs[0]);
}

TEST(Edit, RemovingWhatIsInUseIsABug) {
  Graph g = small_network();
  EXPECT_THROW(remove_node(g, find_node(g, "conv1")), Error);
  EXPECT_THROW(remove_node(g, find_node(g, "fc1")), Error);
}

TEST(Edit, InsertShiftsLaterNodes) {
  Graph g = small_network();
  const ValueId c = g.find_value("conv1");
  Node node;
  node.name = node.type = "Tanh";
  node.op = OpKind::tanh;
  node.inputs = {c};
  node.outputs = {add_value(g, "squashed", DType::f32)};
  const NodeId at = insert_node(g, find_node(g, "relu1"), node);
  EXPECT_EQ(at, 1);
  set_input(g, find_node(g, "relu1"), 0, g.find_value("squashed"));
  infer_shapes(g);
  verify(g);
  EXPECT_THAT(g.value(c).users, ElementsAre(1));
}

TEST(Edit, SortsAndFindsCycles) {
  Graph g = small_network();
  std::reverse(g.nodes.begin(), g.nodes.end());
  rebuild_links(g);
  EXPECT_THROW(verify(g), Error);
  sort_topologically(g);
  verify(g);
  g.node(find_node(g, "conv1")).inputs[0] = g.find_value("relu1");
  try {
    sort_topologically(g);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::invalid);
    EXPECT_THAT(e.what(), ::testing::HasSubstr("cycle"));
  }
}

TEST(Edit, UniqueNamesAvoidValuesAndNodes) {
  Graph g = small_network();
  EXPECT_EQ(unique_name(g, "new"), "new");
  EXPECT_EQ(unique_name(g, "fc1"), "fc1_1");
  EXPECT_EQ(unique_name(g, "conv1.weight"), "conv1.weight_1");
  EXPECT_EQ(unique_name(g, ""), "value_1");
}

TEST(Edit, MarksWhatTrainingMayChange) {
  Random random(1);
  Graph g = small_network();
  const ValueId c = g.find_value("conv1");
  const ValueId n = append_norm(g, "bn", c, 4, random);
  const ValueId k = add_constant(g, "factor", floats({}, {2}));
  append(g, OpKind::mul, "scaled", {n, k});
  mark_trainable(g);
  EXPECT_TRUE(g.value(g.find_value("conv1.weight")).trainable);
  EXPECT_TRUE(g.value(g.find_value("fc1.bias")).trainable);
  EXPECT_TRUE(g.value(g.find_value("bn.scale")).trainable);
  EXPECT_FALSE(g.value(g.find_value("bn.mean")).trainable);
  EXPECT_FALSE(g.value(k).trainable);
}

}  // namespace
}  // namespace pare
