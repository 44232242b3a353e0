#include <gmock/gmock.h>

#include "core/edit.h"
#include "core/error.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/same_graph.h"

namespace pare::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Graph reread(const Graph& g, const ExportOptions& options = {}, bool lifted = true) {
  ImportOptions import;
  import.lift = lifted;
  return parse_onnx(serialize_onnx(g, options), "net.onnx", import);
}
std::vector<std::string> types(const Graph& g) {
  std::vector<std::string> names;
  for (const Node& node : g.nodes) names.push_back(node.type);
  return names;
}
const Value& value(const Graph& g, const std::string& name) { return g.value(g.find_value(name)); }

// w of small_graph on a grid: the constant is what the levels say.
Graph with_grid(Grid grid, std::vector<int32_t> levels) {
  Graph g = parse(model(small_graph()));
  Value& w = g.value(g.find_value("w"));
  w.encoding.levels = Tensor::of<int32_t>(grid.dim == 1 ? Shape{2, 3} : Shape{2, 3 / grid.dim}, levels);
  w.constant = take(dequantize(grid, *w.encoding.levels, {2, 3}), "w");
  w.encoding.grid = std::move(grid);
  return g;
}

TEST(OnnxExport, RoundTripKeepsTheGraph) {
  auto m = model(small_graph())
               .message(ModelField::metadata_props,
                        Message<EntryField>().text(EntryField::key, "pare.scale").text(EntryField::value, "0.5"))
               .text(ModelField::producer_name, "someone")
               .text(ModelField::doc_string, "a doc");
  const Graph g = parse(m);
  expect_same_graph(reread(g), g);
  EXPECT_EQ(serialize_onnx(reread(g)), serialize_onnx(g));
}

TEST(OnnxExport, UnliftedComesBackInTheSourceOpset) {
  auto flags = Message<AttributeField>()
                   .text(AttributeField::name, "axes")
                   .integer(AttributeField::ints, 1)
                   .integer(AttributeField::type, 7);
  Message<GraphField> g;
  g.message(GraphField::node, node("Squeeze", {"x"}, {"y"}, "s").message(NodeField::attribute, flags))
      .message(GraphField::input, value_info("x", {"2", "1"}))
      .message(GraphField::output, value_info("y", {"2"}));
  const Graph graph = parse(model(g, 11, 6), false);
  const Graph back = reread(graph, {}, false);
  expect_same_graph(back, graph);
  EXPECT_EQ(back.opset(), 11);
  EXPECT_EQ(back.origin.ir_version, 6);
  const Graph lifted = reread(graph);
  EXPECT_EQ(lifted.opset(), 17);
  EXPECT_FALSE(lifted.nodes[0].attributes.has("axes"));
  ExportOptions to_11;
  to_11.opset = 11;
  EXPECT_EQ(reread(lifted, to_11, false).nodes[0].attributes.integers("axes"), std::vector<int64_t>{1});
}

TEST(OnnxExport, AttributesOfCarriedOpsComeOutByteForByte) {
  const auto odd = Message<AttributeField>()  // type before name, a doc string: not how we would write it
                       .integer(AttributeField::type, 2)
                       .text(AttributeField::name, "k")
                       .integer(AttributeField::i, 3)
                       .text(AttributeField::doc_string, "why");
  const auto strings = Message<AttributeField>()
                           .text(AttributeField::name, "t")
                           .message(AttributeField::t, tensor("", 8, {1}).text(TensorField::string_data, "a"))
                           .integer(AttributeField::type, 4);
  auto g = small_graph().message(GraphField::node, node("Mystery", {"y"}, {"z"}, "m")
                                                       .text(NodeField::domain, "x.y")
                                                       .message(NodeField::attribute, odd)
                                                       .message(NodeField::attribute, strings));
  const Graph graph = parse(model(g));
  const std::string bytes = serialize_onnx(graph);
  EXPECT_THAT(bytes, HasSubstr(odd.bytes));
  EXPECT_THAT(bytes, HasSubstr(strings.bytes));
  expect_same_graph(reread(graph), graph);
}

TEST(OnnxExport, CarriedOpsKeepToTheirOpset) {
  auto g = small_graph().message(GraphField::node, node("RoiAlign", {"y"}, {"z"}, "roi"));
  const Graph graph = parse(model(g, 11, 6));
  ExportOptions options;
  for (const int64_t opset : {11, 12}) {
    options.opset = opset;
    EXPECT_EQ(reread(graph, options, false).opset(), opset);
  }
  options.opset = 17;
  try {
    serialize_onnx(graph, options);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::unsupported);
    EXPECT_THAT(e.what(), HasSubstr("RoiAlign 'roi' is written for opset 11"));
  }
}

TEST(OnnxExport, OpsetsAndIrVersionsGoTogether) {
  const Graph g = parse(model(small_graph()));
  for (const auto& [opset, ir] : {std::pair{11, 6}, {12, 7}, {13, 7}, {14, 7}, {15, 8}, {16, 8}, {17, 8}}) {
    ExportOptions options;
    options.opset = opset;
    const Graph back = reread(g, options, false);
    EXPECT_EQ(back.opset(), opset);
    EXPECT_EQ(back.origin.ir_version, ir);
  }
  ExportOptions old;
  old.opset = 10;
  EXPECT_THROW(serialize_onnx(g, old), Error);
}

TEST(OnnxExport, AffineGridsBecomeDequantizeLinear) {
  Grid grid;
  grid.axis = 1;
  grid.scale = {0.5f, 0.25f, 2};
  grid.zero_point = {0, 1, 0};
  const Graph g = with_grid(grid, {1, 2, 3, -4, 5, -128});
  const Graph compact = reread(g);
  EXPECT_THAT(types(compact), ElementsAre("DequantizeLinear", "MatMul", "Relu"));
  EXPECT_EQ(value(compact, "w_quantized").constant->dtype(), DType::i8);
  EXPECT_THAT(value(compact, "w_quantized").constant->view<int8_t>(), ElementsAre(1, 2, 3, -4, 5, -128));
  EXPECT_THAT(value(compact, "w_scale").constant->view<float>(), ElementsAre(0.5f, 0.25f, 2));
  ExportOptions plain;
  plain.weights = WeightStyle::plain;
  EXPECT_TRUE(*value(reread(g, plain), "w").constant == *value(g, "w").constant);
  ExportOptions before_axis;  // no axis before opset 13: plain floats
  before_axis.opset = 11;
  EXPECT_TRUE(*value(reread(g, before_axis), "w").constant == *value(g, "w").constant);
}

// While one value is written as nodes, new values move those that are there.
TEST(OnnxExport, EveryQuantizedWeightKeepsItsName) {
  Graph g;
  ValueId x = add_input(g, "x", DType::f32, {1, 4});
  Grid grid;
  grid.scale = {0.5f};
  for (int i = 0; i < 50; ++i) {
    const Tensor levels = Tensor::of<int32_t>({4, 4}, std::vector<int32_t>(16, i));
    const ValueId w =
        add_constant(g, fmt::format("weight_number_{}_of_a_long_name", i), *dequantize(grid, levels, {4, 4}));
    g.value(w).encoding.grid = grid;
    g.value(w).encoding.levels = levels;
    x = append(g, OpKind::matmul, fmt::format("m{}", i), {x, w});
  }
  g.outputs = {x};
  const Graph compact = reread(g);
  for (int i = 0; i < 50; ++i)
    EXPECT_NE(compact.find_value(fmt::format("weight_number_{}_of_a_long_name_zero_point", i)), kNoValue) << i;
  EXPECT_EQ(serialize_onnx(g), serialize_onnx(g));
}

TEST(OnnxExport, CodebooksBecomeGatherWhereThatIsSmaller) {
  Graph g = parse(model(small_graph()));
  const int64_t n = 3000;
  Grid grid;
  grid.kind = GridKind::codebook;
  grid.is_signed = false;
  grid.bits = 2;
  grid.codebook = {0, -1, 0.5f, 3};
  std::vector<int32_t> levels(2 * n);
  for (size_t i = 0; i < levels.size(); ++i) levels[i] = static_cast<int32_t>(i % 4);
  Value& w = g.value(g.find_value("w"));
  w.encoding.levels = Tensor::of<int32_t>({2, n}, levels);
  w.constant = take(dequantize(grid, *w.encoding.levels, {2, n}), "w");
  w.encoding.grid = grid;
  infer_shapes(g);
  const Graph compact = reread(g);
  EXPECT_EQ(value(compact, "w_indices").constant->dtype(), DType::u8);
  EXPECT_THAT(value(compact, "w_codebook").constant->view<float>(), ElementsAre(0, -1, 0.5f, 3));
  EXPECT_EQ(value(compact, "w").producer == kNoNode, false);
  EXPECT_LT(serialize_onnx(g).size(), static_cast<size_t>(2 * n + 1000));

  grid.scale.clear();
  const Graph small = with_grid(grid, {0, 1, 2, 3, 0, 1});  // the nodes would take more than six floats
  EXPECT_TRUE(value(reread(small), "w").is_constant());
}

TEST(OnnxExport, ActivationGridsBecomePairs) {
  Graph g = parse(model(small_graph()));
  Grid grid;
  grid.is_signed = false;
  grid.bits = 8;
  grid.scale = {0.1f};
  g.value(g.outputs[0]).activation_grid = grid;
  grid.bits = 4;
  g.value(g.inputs[0]).activation_grid = grid;
  const Graph back = reread(g);
  EXPECT_EQ(names_of(back, back.inputs), names_of(g, g.inputs));
  EXPECT_EQ(names_of(back, back.outputs), names_of(g, g.outputs));
  EXPECT_EQ(back.node(back.value(back.outputs[0]).producer).type, "DequantizeLinear");
  auto names = types(back);
  EXPECT_EQ(std::count(names.begin(), names.end(), "QuantizeLinear"), 2);
  EXPECT_EQ(std::count(names.begin(), names.end(), "Clip"), 1);  // 4 bits: QuantizeLinear alone would saturate at 8
  grid.kind = GridKind::codebook;
  g.value(g.inputs[0]).activation_grid = grid;
  EXPECT_THROW(serialize_onnx(g), Error);
}

}  // namespace
}  // namespace pare::testing
