#include "core/parameter_places.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/graphs.h"

namespace pare {
namespace {

using namespace pare::testing;

// in -> norm0 -> conv1 -> norm1 -> + (conv2 -> norm2) -> flatten -> fc (MatMul, Add).
Graph network() {
  Random random(1);
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const ValueId x = append_norm(g, "norm0", add_input(g, "x", DType::f32, {Dim(1, 1), 2, 4, 4}), 2, random);
  const auto conv = [&](const std::string& name, ValueId from) {
    const ValueId w = add_constant(g, name + ".weight", random_floats({2, 2, 1, 1}, random));
    return append_norm(g, name + ".norm", append(g, OpKind::conv, name, {from, w}), 2, random);
  };
  const ValueId one = conv("conv1", x), two = conv("conv2", one);
  const ValueId flat = append(g, OpKind::flatten, "flatten", {append(g, OpKind::add, "join", {one, two})});
  const ValueId product =
      append(g, OpKind::matmul, "fc", {flat, add_constant(g, "fc.weight", random_floats({32, 3}, random))});
  g.outputs = {append(g, OpKind::add, "fc.add", {product, add_constant(g, "fc.bias", random_floats({3}, random))})};
  mark_trainable(g);
  return g;
}

TEST(ParameterPlaces, EveryParameterHasALayerAndADepth) {
  const Graph g = network();
  std::map<std::string, ParameterPlace> places;
  for (const ParameterPlace& place : parameter_places(g)) places.emplace(g.value(place.value).name, place);
  const auto expect = [&](const std::string& name, size_t layer, int64_t depth) {
    ASSERT_TRUE(places.contains(name)) << name;
    EXPECT_EQ(places.at(name).layer, layer) << name;
    EXPECT_EQ(places.at(name).depth, depth) << name;
  };
  expect("norm0.scale", 0, 3);
  expect("conv1.weight", 0, 2);
  expect("conv1.norm.shift", 0, 2);
  expect("conv2.weight", 1, 1);
  expect("conv2.norm.scale", 1, 1);
  expect("fc.weight", 2, 0);
  expect("fc.bias", 2, 0);
  EXPECT_EQ(places.size(), 10U);
}

TEST(ParameterPlaces, WhatIsMovedFirstBelongsToWhereItIsUsed) {
  Random random(1);
  Graph g = network();
  const ValueId scale = add_constant(g, "scale", random_floats({3, 1}, random));
  const ValueId turned =
      append(g, OpKind::transpose, "turned", {scale}, attributes({{"perm", std::vector<int64_t>{1, 0}}}));
  g.outputs = {append(g, OpKind::mul, "scaled", {g.outputs[0], turned})};
  g.value(scale).trainable = true;
  for (const ParameterPlace& place : parameter_places(g)) {
    if (place.value != scale) continue;
    EXPECT_EQ(g.node(place.node).name, "scaled");
    EXPECT_EQ(place.layer, 2U);
  }
}

}  // namespace
}  // namespace pare
