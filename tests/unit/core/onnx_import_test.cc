#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/support/onnx_builder.h"

namespace pare::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(const std::string& bytes, ImportOptions options = {}) {
  try {
    parse_onnx(bytes, "net.onnx", options);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

const Tensor& constant(const Graph& graph, const std::string& name) {
  return *graph.value(graph.find_value(name)).constant;
}

// A graph of one constant that goes through an Identity of an op domain we do not know, so that lifting leaves it
// alone.
Graph with_initializer(const Message<TensorField>& t) {
  Message<GraphField> g;
  g.message(GraphField::node, node("Mystery", {"c"}, {"y"}).text(NodeField::domain, "x.y"))
      .message(GraphField::initializer, t)
      .message(GraphField::output, value_info("y", {"1"}));
  return parse(model(g), false);
}

TEST(OnnxImport, ReadsNodesConstantsAndTypes) {
  const Graph g = parse(model(small_graph()));
  ASSERT_EQ(g.nodes.size(), 2u);
  EXPECT_EQ(g.nodes[0].op, OpKind::matmul);
  EXPECT_EQ(g.nodes[0].name, "fc");
  EXPECT_EQ(g.value(g.inputs[0]).name, "x");
  EXPECT_THAT(constant(g, "w").view<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  const Value& y = g.value(g.outputs[0]);
  EXPECT_EQ(y.dtype, DType::f32);
  ASSERT_TRUE(y.dims);
  EXPECT_EQ((*y.dims)[0], (*g.value(g.inputs[0]).dims)[0]);  // the batch of the input
  EXPECT_EQ((*y.dims)[1], Dim(3));
  EXPECT_EQ(g.symbols.at((*y.dims)[0].symbol), "N");
  EXPECT_EQ(g.origin.graph_name, "small");
}

TEST(OnnxImport, ReadsEveryTypedField) {
  using F = TensorField;
  EXPECT_THAT(constant(with_initializer(tensor("c", 11, {2}).packed(F::double_data, std::vector<double>{0.5, -2})), "c")
                  .view<double>(),
              ElementsAre(0.5, -2));
  EXPECT_THAT(constant(with_initializer(tensor("c", 7, {2}).packed(F::int64_data, std::vector<int64_t>{-5, 6})), "c")
                  .view<int64_t>(),
              ElementsAre(-5, 6));
  EXPECT_THAT(constant(with_initializer(tensor("c", 6, {2}).integer(F::int32_data, -1).integer(F::int32_data, 7)), "c")
                  .view<int32_t>(),
              ElementsAre(-1, 7));
  EXPECT_THAT(
      constant(with_initializer(tensor("c", 3, {2}).packed(F::int32_data, std::vector<int64_t>{-128, 127})), "c")
          .view<int8_t>(),
      ElementsAre(-128, 127));
  EXPECT_THAT(constant(with_initializer(tensor("c", 2, {2}).packed(F::int32_data, std::vector<int64_t>{0, 255})), "c")
                  .view<uint8_t>(),
              ElementsAre(0, 255));
  EXPECT_THAT(constant(with_initializer(tensor("c", 13, {1}).packed(F::uint64_data, std::vector<int64_t>{9})), "c")
                  .view<uint64_t>(),
              ElementsAre(9u));
  EXPECT_THAT(constant(with_initializer(tensor("c", 9, {3}).packed(F::int32_data, std::vector<int64_t>{0, 1, 5})), "c")
                  .view<uint8_t>(),
              ElementsAre(0, 1, 1));
  const Graph half = with_initializer(tensor("c", 10, {1}).packed(F::int32_data, std::vector<int64_t>{0x3c00}));
  EXPECT_EQ(constant(half, "c").dtype(), DType::f16);
  EXPECT_THAT(cast(constant(half, "c"), DType::f32).view<float>(), ElementsAre(1));
  const Graph brain = with_initializer(tensor("c", 16, {1}).text(F::raw_data, std::string("\x80\x3f", 2)));
  EXPECT_THAT(cast(constant(brain, "c"), DType::f32).view<float>(), ElementsAre(1));
}

TEST(OnnxImport, InitializersAmongTheInputsAreConstants) {
  auto g = small_graph().message(GraphField::input, value_info("w", {"2", "3"}));
  const Graph graph = parse(model(g, 8, 3));
  ASSERT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.value(graph.inputs[0]).name, "x");
}

TEST(OnnxImport, NamesWhatHasNoNameAndSortsNodes) {
  Message<GraphField> g;
  g.message(GraphField::node, node("Relu", {"b"}, {"y"}))
      .message(GraphField::node, node("Relu", {"x"}, {"a"}, "Relu_0"))
      .message(GraphField::node, node("Relu", {"a"}, {"b"}, "Relu_0"))
      .message(GraphField::input, value_info("x", {"", ""}))
      .message(GraphField::output, value_info("y", {"", ""}));
  const Graph graph = parse(model(g));
  ASSERT_EQ(graph.nodes.size(), 3u);
  EXPECT_EQ(graph.nodes[0].name, "Relu_0");
  EXPECT_NE(graph.nodes[1].name, "Relu_0");
  EXPECT_NE(graph.nodes[2].name, graph.nodes[1].name);
  EXPECT_EQ(graph.value(graph.nodes[2].outputs[0]).name, "y");
  const Dims& dims = *graph.value(graph.inputs[0]).dims;
  EXPECT_NE(dims[0].symbol, dims[1].symbol);
  EXPECT_EQ(*graph.value(graph.outputs[0]).dims, dims);
}

TEST(OnnxImport, AbsentOptionalInputsStayAbsent) {
  Message<GraphField> g;
  g.message(GraphField::node, node("Clip", {"x", "", "high"}, {"y"}))
      .message(GraphField::initializer, floats("high", {}, {6}))
      .message(GraphField::input, value_info("x", {"4"}))
      .message(GraphField::output, value_info("y", {"4"}));
  const Graph graph = parse(model(g));
  EXPECT_FALSE(graph.has_input(graph.nodes[0], 1));
  EXPECT_TRUE(graph.has_input(graph.nodes[0], 2));
}

TEST(OnnxImport, ConstantNodesBecomeConstantsWhenLifted) {
  const auto value = Message<AttributeField>()
                         .text(AttributeField::name, "value")
                         .message(AttributeField::t, floats("", {2}, {3, 4}))
                         .integer(AttributeField::type, 4);
  Message<GraphField> g;
  g.message(GraphField::node, node("Constant", {}, {"c"}).message(NodeField::attribute, value))
      .message(GraphField::node, node("Add", {"x", "c"}, {"y"}))
      .message(GraphField::input, value_info("x", {"2"}))
      .message(GraphField::output, value_info("y", {"2"}));
  EXPECT_EQ(parse(model(g), false).nodes.size(), 2u);
  const Graph lifted = parse(model(g));
  EXPECT_EQ(lifted.nodes.size(), 1u);
  EXPECT_THAT(constant(lifted, "c").view<float>(), ElementsAre(3, 4));
}

TEST(OnnxImport, CarriesUnknownOpsAndWhatTheirSubGraphsCapture) {
  const auto branch = Message<GraphField>()
                          .message(GraphField::node, node("Add", {"h", "local"}, {"inner"}))
                          .message(GraphField::initializer, floats("local", {1}, {1}))
                          .message(GraphField::output, value_info("inner", {}));
  const auto attribute = Message<AttributeField>()
                             .text(AttributeField::name, "then_branch")
                             .message(AttributeField::g, branch)
                             .integer(AttributeField::type, 5);
  auto g = small_graph().message(GraphField::node,
                                 node("If", {"x"}, {"z"}, "choice").message(NodeField::attribute, attribute));
  const Graph graph = parse(model(g));
  const Node& node = graph.nodes.back();
  EXPECT_EQ(node.op, OpKind::unknown);
  ASSERT_EQ(node.captured.size(), 1u);
  EXPECT_EQ(graph.value(node.captured[0]).name, "h");
  EXPECT_EQ(std::get<OpaqueAttribute>(*node.attributes.find("then_branch")).proto, attribute.bytes);
}

TEST(OnnxImport, RefusesWithOneSentence) {
  const auto plus = [](GraphField f, const auto& m) { return model(small_graph().message(f, m)).bytes; };
  EXPECT_THAT(error_of(plus(GraphField::initializer, tensor("s", 8, {1}).text(TensorField::string_data, "a"))),
              HasSubstr("net.onnx: tensor 's': elements of type string are not supported"));
  EXPECT_THAT(error_of(plus(GraphField::sparse_initializer,
                            Message<SparseTensorField>().message(SparseTensorField::values, tensor("sp", 1, {0})))),
              HasSubstr("sparse initializer 'sp'"));
  EXPECT_THAT(error_of(plus(GraphField::node, node("Relu", {"nowhere"}, {"q"}, "r"))),
              HasSubstr("Relu 'r': it reads 'nowhere', which nothing produces"));
  EXPECT_THAT(error_of(plus(GraphField::node, node("Relu", {"x"}, {"y"}, "r"))), HasSubstr("'y' is defined twice"));
  EXPECT_THAT(error_of(plus(GraphField::output, value_info("gone", {}))),
              HasSubstr("nothing produces the output 'gone'"));
  EXPECT_THAT(error_of(plus(GraphField::initializer, floats("b", {3}, {1, 2}))),
              HasSubstr("tensor 'b': the tensor has 2 elements, its shape needs 3"));
  EXPECT_THAT(error_of(plus(GraphField::initializer, tensor("b", 1, {1 << 30, 1 << 30, 1 << 30}))),
              HasSubstr("tensor 'b': the shape has a negative or too large dimension"));
  EXPECT_THAT(error_of(model(small_graph(), 23).bytes), HasSubstr("opset 23"));
  EXPECT_THAT(error_of(model(small_graph(), 17, 2).bytes), HasSubstr("IR version 2"));
  EXPECT_THAT(error_of(model(small_graph()).message(ModelField::functions, Message<FunctionField>()).bytes),
              HasSubstr("a function has no name"));
  const auto sequence = Message<ValueInfoField>()
                            .text(ValueInfoField::name, "s")
                            .message(ValueInfoField::type, Message<TypeField>().text(TypeField::sequence_type, ""));
  EXPECT_THAT(error_of(plus(GraphField::input, sequence)), HasSubstr("input 's' is no tensor"));
}

TEST(OnnxImport, SaysWhatAFileIsNot) {
  EXPECT_THAT(error_of(""), HasSubstr("net.onnx: not an ONNX model: the file is empty"));
  EXPECT_THAT(error_of("# LeNet on MNIST\nsome text\n"), HasSubstr("net.onnx: not an ONNX model"));
  EXPECT_THAT(error_of(std::string("\x89PNG\r\n\x1a\n", 8)), HasSubstr("net.onnx: not an ONNX model"));
}

TEST(OnnxImport, EveryPrefixIsAnError) {
  const std::string bytes = model(small_graph()).bytes;
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_NE(error_of(bytes.substr(0, n)), "") << n;
  EXPECT_THAT(error_of(bytes.substr(0, bytes.size() / 2)),
              HasSubstr(fmt::format("truncated at byte {}", bytes.size() / 2)));
}

TEST(OnnxImport, NoFlippedBitCrashes) {
  const std::string bytes = model(small_graph()).bytes;
  for (size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string broken = bytes;
    broken[i / 8] = static_cast<char>(broken[i / 8] ^ (1 << (i % 8)));
    error_of(broken);
  }
}

TEST(OnnxImport, MemoryAndNestingAreBounded) {
  ImportOptions options;
  options.max_bytes = 8192;
  EXPECT_EQ(error_of(model(small_graph()).bytes, options), "");
  const auto large = model(small_graph().message(
      GraphField::initializer, tensor("b", 1, {4096}).text(TensorField::raw_data, std::string(16384, '\0'))));
  EXPECT_THAT(error_of(large.bytes, options), HasSubstr("limit"));
  Message<GraphField> g = Message<GraphField>();
  for (int i = 0; i < 1000; ++i) {
    const auto attribute = Message<AttributeField>()
                               .text(AttributeField::name, "body")
                               .message(AttributeField::g, g)
                               .integer(AttributeField::type, 5);
    g = Message<GraphField>().message(GraphField::node, node("Loop", {}, {}).message(NodeField::attribute, attribute));
  }
  EXPECT_THAT(error_of(model(g).bytes), HasSubstr("nested"));
}

}  // namespace
}  // namespace pare::testing
