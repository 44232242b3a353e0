#include "core/classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

using namespace pare::testing;
using ::testing::HasSubstr;

Shape output_shape(const Graph& g) {
  Shape shape;
  for (const Dim& dim : *g.value(g.outputs[0]).dims) shape.push_back(dim.known() ? dim.factor : -1);
  return shape;
}

void name_output(Graph& g, ValueId value) {
  g.value(value).name = "scores";
  g.outputs = {value};
}

// x -> conv1 -> relu -> head, without the Gemm of small_network.
Graph backbone() {
  Graph g = small_network();
  g.outputs.clear();
  remove_node(g, find_node(g, "fc1"));
  remove_node(g, find_node(g, "flatten"));
  return g;
}

// A convolution that ends in pooling, as in SqueezeNet; then a Reshape that holds the class count, and a Softmax.
Graph convolutional(int64_t classes = 10) {
  Random random(2);
  Graph g = backbone();
  const ValueId w = add_constant(g, "head.weight", random_floats({classes, 4, 1, 1}, random));
  const ValueId b = add_constant(g, "head.bias", random_floats({classes}, random));
  ValueId y = append(g, OpKind::conv, "head", {g.find_value("relu1"), w, b});
  y = append(g, OpKind::relu, "relu2", {y});
  y = append(g, OpKind::global_average_pool, "pool", {y});
  y = append(g, OpKind::reshape, "reshape", {y, add_constant(g, "target", integers({-1, classes}))});
  name_output(g, append(g, OpKind::softmax, "softmax", {y}, attributes({{"axis", int64_t{1}}})));
  mark_trainable(g);
  return g;
}

// A MatMul with the Add behind it, and an Identity as the output.
Graph product() {
  Random random(3);
  Graph g = backbone();
  ValueId y = append(g, OpKind::flatten, "flat", {g.find_value("relu1")});
  y = append(g, OpKind::matmul, "product", {y, add_constant(g, "p.weight", random_floats({144, 10}, random))});
  y = append(g, OpKind::add, "sum", {add_constant(g, "p.bias", random_floats({10}, random)), y});
  name_output(g, append(g, OpKind::identity, "out", {y}));
  mark_trainable(g);
  return g;
}

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::invalid);
    return e.what();
  }
  return "no error";
}

TEST(Classifier, IsFoundBehindWhatOnlyGivesScoresAnotherForm) {
  EXPECT_EQ(find_classifier(small_network()).name, "fc1");
  EXPECT_EQ(find_classifier(product()).name, "product");
  const Classifier found = find_classifier(convolutional());
  EXPECT_EQ(found.name, "head");
  EXPECT_EQ(found.type, "Conv");
  EXPECT_EQ(found.classes, 10);
}

TEST(Classifier, GetsFreshWeightsOfTheNewWidthUnderTheOldNames) {
  for (Graph g : {small_network(), product(), convolutional()}) {
    const Classifier old = find_classifier(g);
    const Layer before = layers(g).back();
    const std::string weight = g.value(before.weight).name, bias = g.value(before.bias).name;
    const int64_t fan_in = g.value(before.weight).constant->size() / 10;
    const Tensor first = *g.value(layers(g).front().weight).constant;
    const Classifier now = replace_classifier(g, "", 3, 7);
    verify(g);
    EXPECT_EQ(now.name, old.name);
    EXPECT_EQ(now.classes, 10);
    EXPECT_EQ(output_shape(g), (Shape{-1, 3})) << old.name;
    const Layer after = layers(g).back();
    EXPECT_EQ(after.node, now.node);
    EXPECT_EQ(g.value(after.weight).name, weight);
    EXPECT_EQ(g.value(after.bias).name, bias);
    EXPECT_EQ(g.value(after.weight).constant->size(), 3 * fan_in);
    EXPECT_TRUE(g.value(after.weight).trainable);
    const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
    for (const float w : g.value(after.weight).constant->view<float>()) EXPECT_LE(std::fabs(w), bound);
    for (const float b : g.value(after.bias).constant->view<float>()) EXPECT_EQ(b, 0);
    EXPECT_EQ(*g.value(layers(g).front().weight).constant, first) << "the rest stays";
  }
}

TEST(Classifier, FreshWeightsFollowTheSeed) {
  const auto weights = [](uint64_t seed) {
    Graph g = small_network();
    replace_classifier(g, "", 3, seed);
    return *g.value(layers(g).back().weight).constant;
  };
  EXPECT_EQ(weights(1), weights(1));
  EXPECT_FALSE(weights(1) == weights(2));
}

TEST(Classifier, AShapeThatOthersReadTooStaysForThem) {
  Graph g = convolutional(4);  // as many classes as conv1 has channels
  const ValueId other =
      append(g, OpKind::reshape, "other", {g.find_value("relu1"), g.find_value("target")});  // of the old shape
  g.outputs.push_back(other);
  replace_classifier(g, "", 9, 1);
  EXPECT_EQ(g.constant_input(g.node(find_node(g, "reshape")), 1)->view<int64_t>()[1], 9);
  EXPECT_EQ(g.constant_input(g.node(find_node(g, "other")), 1)->view<int64_t>()[1], 4);
}

TEST(Classifier, ATargetThatIsPutTogetherIsFollowed) {
  Random random(4);
  Graph g = backbone();
  const ValueId x = g.find_value("relu1");
  const ValueId w = add_constant(g, "head.weight", random_floats({10, 4, 1, 1}, random));
  const ValueId y = append(g, OpKind::global_average_pool, "pool", {append(g, OpKind::conv, "head", {x, w})});
  const ValueId shape = append(g, OpKind::shape, "shape", {y});
  const ValueId batch = append(g, OpKind::gather, "batch", {shape, add_constant(g, "zero", integers({0}))});
  const ValueId target = append(g, OpKind::concat, "target", {batch, add_constant(g, "ten", integers({10}))},
                                attributes({{"axis", int64_t{0}}}));
  name_output(g, append(g, OpKind::reshape, "reshape", {y, target}));
  replace_classifier(g, "", 6, 1);
  verify(g);
  EXPECT_EQ(output_shape(g), (Shape{-1, 6}));
}

TEST(Classifier, GridsOfActivationsBehindItGo) {
  Graph g = small_network();
  g.value(g.outputs[0]).activation_grid = Grid{.bits = 8, .scale = {0.1F}};
  g.value(g.find_value("relu1")).activation_grid = Grid{.bits = 8, .scale = {0.1F}};
  replace_classifier(g, "", 3, 1);
  EXPECT_FALSE(g.value(g.outputs[0]).activation_grid);
  EXPECT_TRUE(g.value(g.find_value("relu1")).activation_grid);
}

TEST(Classifier, IsNamedWhereItCannotBeFound) {
  Graph g = small_network();
  name_output(g, append(g, OpKind::erf, "strange", {g.outputs[0]}));
  const std::string message = error_of([&] { find_classifier(g); });
  EXPECT_THAT(message, HasSubstr("Erf 'strange'"));
  EXPECT_THAT(message, HasSubstr("fc1, conv1"));
  EXPECT_EQ(find_classifier(g, "fc1").name, "fc1");
  EXPECT_EQ(find_classifier(g, "last").name, "fc1");
  EXPECT_EQ(replace_classifier(g, "fc*", 5, 1).name, "fc1");
  EXPECT_EQ(output_shape(g), (Shape{-1, 5}));
  EXPECT_THAT(error_of([&] { find_classifier(g, "fc2"); }), HasSubstr("did you mean 'fc1'?"));
  EXPECT_THAT(error_of([&] { find_classifier(g, "*"); }), HasSubstr("2 layers match"));
}

TEST(Classifier, ALayerThatDoesNotGiveTheScoresIsRefused) {
  Graph g = small_network();
  EXPECT_THAT(error_of([&] { replace_classifier(g, "conv1", 5, 1); }), HasSubstr("fc1"));
}

TEST(ResizeInput, ChangesWhatTheGraphAllows) {
  Graph g = convolutional();
  resize_input(g, 20, 24);
  verify(g);
  const Dims& input = *g.value(g.inputs[0]).dims;
  EXPECT_EQ(input[2], Dim(20));
  EXPECT_EQ(input[3], Dim(24));
  EXPECT_EQ(output_shape(g), (Shape{-1, 10}));
  Graph fixed = small_network();
  const std::string message = error_of([&] { resize_input(fixed, 20, 20); });
  EXPECT_THAT(message, HasSubstr("20x20"));
  EXPECT_THAT(message, HasSubstr("fc1"));
}

TEST(ResizeInput, AReshapeForAnotherSizeIsNamed) {
  Random random(5);
  Graph g = backbone();
  ValueId y = append(g, OpKind::reshape, "rows", {g.find_value("relu1"), add_constant(g, "t", integers({-1, 144}))});
  y = append(g, OpKind::matmul, "fc", {y, add_constant(g, "w", random_floats({144, 10}, random))});
  name_output(g, y);
  EXPECT_THAT(error_of([&] { resize_input(g, 14, 14); }), HasSubstr("rows"));  // 4 x 12 x 12: four rows of one image
}

}  // namespace
}  // namespace pare
