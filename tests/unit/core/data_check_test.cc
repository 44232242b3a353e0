// What a person reads when network and data do not fit together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/data/array_set.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/graph.h"

namespace pare {
namespace {

using testing::HasSubstr;

Graph network(Dims input, Dims output) {
  Graph g;
  g.source = "net.onnx";
  g.symbols[1] = "N";
  g.next_symbol = 2;
  input.insert(input.begin(), Dim(1, 1));
  output.insert(output.begin(), Dim(1, 1));
  g.outputs = {append(g, OpKind::identity, "y", {add_input(g, "x", DType::f32, input)})};
  g.value(g.outputs[0]).dims = output;
  return g;
}
Data data_of(Shape input, Tensor y, int64_t classes) {
  Shape all = input;
  all.insert(all.begin(), y.dim(0));
  Data data;
  data.train = array_set({Tensor(DType::f32, all), std::move(y)}, std::move(input), DType::f32);
  data.classes = classes;
  data.description = "npy:here";
  return data;
}
std::string message(const Graph& graph, const Data& data) {
  try {
    check_data(graph, data);
    return "";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::invalid);
    return e.what();
  }
}

TEST(CheckData, Classes) {
  const Data data = data_of({1, 8}, Tensor(DType::i64, {4}), 5);
  EXPECT_EQ(message(network({1, 8}, {5}), data), "");
  EXPECT_THAT(message(network({1, 9}, {5}), data), HasSubstr("input 'x' takes 1x9, the data (npy:here) has 1x8"));
  EXPECT_THAT(message(network({1, 8}, {4}), data), HasSubstr("has 4 classes, the data (npy:here) 5"));
}

TEST(CheckData, Values) {
  const Data data = data_of({8}, Tensor(DType::f32, {4, 2}), 0);
  EXPECT_EQ(message(network({8}, {2}), data), "");
  EXPECT_THAT(message(network({8}, {3}), data), HasSubstr("gives 3, the targets of the data (npy:here) are 2"));
}

TEST(CheckData, Maps) {
  const Data data = data_of({3, 6, 6}, Tensor(DType::i64, {4, 6, 6}), 5);
  EXPECT_EQ(message(network({3, 6, 6}, {5, 6, 6}), data), "");
  EXPECT_EQ(message(network({3, 6, 6}, {21, 6, 6}), data), "");  // not every class need occur
  EXPECT_THAT(message(network({3, 6, 6}, {4, 6, 6}), data), HasSubstr("has 4 classes"));
  EXPECT_THAT(message(network({3, 6, 6}, {5, 3, 3}), data), HasSubstr("gives 5x3x3"));
  EXPECT_THAT(message(network({3, 6, 6}, {5}), data), HasSubstr("scores of 5 classes at 6x6 places"));
}

}  // namespace
}  // namespace pare
