// Weights and networks of 16 and 64 bits: computed in f32, written back in the source's type.
#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/same_graph.h"

namespace pare::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kF16 = 10, kF64 = 11, kBf16 = 16;

const Value& value(const Graph& g, const std::string& name) { return g.value(g.find_value(name)); }

// x -> MatMul(w) -> Relu -> y, all of one type.
Message<GraphField> typed(int64_t type, const Message<TensorField>& w) {
  return Message<GraphField>()
      .message(GraphField::node, node("MatMul", {"x", "w"}, {"h"}, "fc"))
      .message(GraphField::node, node("Relu", {"h"}, {"y"}, "act"))
      .message(GraphField::initializer, w)
      .message(GraphField::input, value_info("x", {"N", "2"}, type))
      .message(GraphField::output, value_info("y", {"N", "1"}, type));
}
Message<TensorField> halves(const std::string& name) {  // 1, -2
  return tensor(name, kF16, {2, 1}).packed(TensorField::int32_data, std::vector<int64_t>{0x3c00, 0xc000});
}

TEST(OnnxPrecision, HalfNetworksComputeInF32AndKeepTheirInterface) {
  const Graph g = parse(model(typed(kF16, halves("w"))));
  EXPECT_EQ(value(g, "x").dtype, DType::f16);
  EXPECT_EQ(value(g, "y").dtype, DType::f16);
  EXPECT_EQ(value(g, "h").dtype, DType::f32);
  EXPECT_EQ(value(g, "w").dtype, DType::f32);
  EXPECT_EQ(value(g, "w").source_dtype, DType::f16);
  EXPECT_THAT(value(g, "w").constant->view<float>(), ElementsAre(1, -2));
}

TEST(OnnxPrecision, WeightsLeaveInTheSourceType) {
  for (const auto& [type, dtype] : {std::pair{kF16, DType::f16}, {kBf16, DType::bf16}}) {
    auto w = tensor("w", type, {2, 1}).packed(TensorField::int32_data, std::vector<int64_t>{0x3c00, 0x4000});
    const Graph g = parse(model(typed(type, w)));
    const std::string bytes = serialize_onnx(g);
    ImportOptions as_is;
    as_is.lift = false;
    const Graph file = parse_onnx(bytes, "net.onnx", as_is);
    ASSERT_NE(file.find_value(fmt::format("w_{}", name_of(dtype))), kNoValue);
    const Tensor& stored = *value(file, fmt::format("w_{}", name_of(dtype))).constant;
    EXPECT_EQ(stored.dtype(), dtype);
    EXPECT_EQ(stored.bytes()[1], std::byte{0x3c});  // the bits it came with
    expect_same_graph(parse_onnx(bytes, "net.onnx"), g);

    ExportOptions f32;
    f32.keep_source_types = false;
    EXPECT_EQ(value(parse_onnx(serialize_onnx(g, f32), "net.onnx", as_is), "w").dtype, DType::f32);
  }
}

TEST(OnnxPrecision, DoublesAreRoundedOnce) {
  const auto w = tensor("w", kF64, {2, 1}).packed(TensorField::double_data, std::vector<double>{0.5, 0.1});
  const Graph g = parse(model(typed(kF64, w)));
  EXPECT_THAT(value(g, "w").constant->view<float>(), ElementsAre(0.5f, 0.1f));
  expect_same_graph(parse_onnx(serialize_onnx(g), "net.onnx"), g);
}

TEST(OnnxPrecision, WeightsThatLeftTheRangeStayF32) {
  Graph g = parse(model(typed(kF16, halves("w"))));
  g.value(g.find_value("w")).constant->edit<float>()[0] = 1e6f;
  const Graph back = parse_onnx(serialize_onnx(g), "net.onnx");
  EXPECT_THAT(value(back, "w").constant->view<float>(), ElementsAre(1e6f, -2));
}

TEST(OnnxPrecision, OpsWeDoNotKnowKeepTheirTypes) {
  auto g = typed(kF16, halves("w"))
               .message(GraphField::node, node("Mystery", {"h", "w"}, {"m"}, "m").text(NodeField::domain, "x.y"))
               .message(GraphField::node, node("Relu", {"m"}, {"z"}, "after"))
               .message(GraphField::value_info, value_info("m", {"N", "1"}, kF16))
               .message(GraphField::output, value_info("z", {"N", "1"}, kF16));
  const Graph graph = parse(model(g));
  const auto mystery =
      std::find_if(graph.nodes.begin(), graph.nodes.end(), [](const Node& n) { return n.type == "Mystery"; });
  for (const ValueId input : mystery->inputs) EXPECT_EQ(graph.value(input).dtype, DType::f16);
  EXPECT_EQ(value(graph, "m").dtype, DType::f16);
  EXPECT_EQ(value(graph, "z").dtype, DType::f16);
  expect_same_graph(parse_onnx(serialize_onnx(graph), "net.onnx"), graph);
}

TEST(OnnxPrecision, AnOutputOfUnknownTypeIsRefused) {
  auto g = typed(kF16, halves("w"))
               .message(GraphField::node, node("Mystery", {"h"}, {"m"}, "m").text(NodeField::domain, "x.y"))
               .message(GraphField::node, node("Relu", {"m"}, {"z"}, "after"));
  try {
    parse(model(g));
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("net.onnx: Mystery 'm': the type of its output 'm' is not known"));
  }
}

}  // namespace
}  // namespace pare::testing
