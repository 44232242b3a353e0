// Functions of a model's own are replaced by their nodes.
#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/support/onnx_builder.h"

namespace pare::testing {
namespace {

using ::testing::HasSubstr;
using Function = Message<FunctionField>;

Message<NodeField> call(const std::string& type, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs, const std::string& name = "") {
  return node(type, inputs, outputs, name).text(NodeField::domain, "my.own");
}

Function function(const std::string& name, const std::vector<std::string>& inputs,
                  const std::vector<std::string>& outputs, const std::vector<Message<NodeField>>& nodes,
                  int64_t opset = 17) {
  Function f;
  f.text(FunctionField::name, name).text(FunctionField::domain, "my.own");
  for (const auto& i : inputs) f.text(FunctionField::input, i);
  for (const auto& o : outputs) f.text(FunctionField::output, o);
  for (const auto& n : nodes) f.message(FunctionField::node, n);
  return f.message(FunctionField::opset_import,
                   Message<OpsetField>().text(OpsetField::domain, "").integer(OpsetField::version, opset));
}

Message<AttributeField> reference(const std::string& name, const std::string& to) {
  return Message<AttributeField>().text(AttributeField::name, name).text(AttributeField::ref_attr_name, to);
}
Message<AttributeField> real(const std::string& name, float value) {
  return Message<AttributeField>()
      .text(AttributeField::name, name)
      .real(AttributeField::f, value)
      .integer(AttributeField::type, 1);
}

// x [N,2] -> nodes -> y [N,2]
Message<ModelField> model_of(const std::vector<Message<NodeField>>& nodes, const std::vector<Function>& functions) {
  Message<GraphField> g;
  for (const auto& n : nodes) g.message(GraphField::node, n);
  g.message(GraphField::input, value_info("x", {"N", "2"})).message(GraphField::output, value_info("y", {"N", "2"}));
  Message<ModelField> m = model(g);
  for (const auto& f : functions) m.message(ModelField::functions, f);
  return m;
}

std::string types_of(const Graph& graph) {
  std::string types;
  for (const Node& n : graph.nodes) types += (types.empty() ? "" : " ") + n.type;
  return types;
}

TEST(OnnxFunctions, CallsBecomeTheNodesOfTheBody) {
  const Function twice = function("Twice", {"a"}, {"b"}, {node("Relu", {"a"}, {"h"}), node("Tanh", {"h"}, {"b"})});
  const Graph g = parse(model_of({call("Twice", {"x"}, {"m"}, "one"), call("Twice", {"m"}, {"y"}, "two")}, {twice}));
  EXPECT_EQ(types_of(g), "Relu Tanh Relu Tanh");
  EXPECT_EQ(g.value(g.nodes[1].outputs[0]).name, "m");
  EXPECT_EQ(g.value(g.nodes[3].outputs[0]).name, "y");
  EXPECT_NE(g.value(g.nodes[0].outputs[0]).name, g.value(g.nodes[2].outputs[0]).name);
}

TEST(OnnxFunctions, MayCallEachOther) {
  const Function inner = function("Inner", {"a"}, {"b"}, {node("Relu", {"a"}, {"b"})});
  const Function outer = function("Outer", {"p"}, {"q"}, {call("Inner", {"p"}, {"b"}), call("Inner", {"b"}, {"q"})});
  EXPECT_EQ(types_of(parse(model_of({call("Outer", {"x"}, {"y"})}, {inner, outer}))), "Relu Relu");
}

TEST(OnnxFunctions, AttributesComeFromTheCallOrTheDefault) {
  Function leaky =
      function("Leaky", {"a"}, {"b"},
               {node("LeakyRelu", {"a"}, {"b"}).message(NodeField::attribute, reference("alpha", "slope"))});
  const auto slope_of = [&](const Message<NodeField>& node) {
    return parse(model_of({node}, {leaky})).nodes[0].attributes.real("alpha", 0.01F);
  };
  EXPECT_EQ(slope_of(call("Leaky", {"x"}, {"y"}).message(NodeField::attribute, real("slope", 0.5F))), 0.5F);
  EXPECT_EQ(slope_of(call("Leaky", {"x"}, {"y"})), 0.01F);  // neither: LeakyRelu's own
  leaky.message(FunctionField::attribute_proto, real("slope", 0.25F));
  EXPECT_EQ(slope_of(call("Leaky", {"x"}, {"y"})), 0.25F);
}

TEST(OnnxFunctions, InputsThatAreLeftOutStayOut) {
  const Function clip = function("Limit", {"a", "low", "high"}, {"b"}, {node("Clip", {"a", "low", "high"}, {"b"})});
  const Graph g = parse(model_of({call("Limit", {"x"}, {"y"})}, {clip}));
  EXPECT_FALSE(g.has_input(g.nodes[0], 1));
  EXPECT_FALSE(g.has_input(g.nodes[0], 2));
}

TEST(OnnxFunctions, AreReplacedInSubgraphsToo) {
  const Function positive = function("Positive", {"a"}, {"b"}, {node("Relu", {"a"}, {"b"})});
  const auto branch = [&](const Message<NodeField>& n, const std::string& out) {
    return Message<GraphField>()
        .message(GraphField::node, n)
        .text(GraphField::name, "branch")
        .message(GraphField::output, value_info(out, {"N", "2"}));
  };
  const auto graph_attribute = [](const std::string& name, const Message<GraphField>& g) {
    return Message<AttributeField>()
        .text(AttributeField::name, name)
        .message(AttributeField::g, g)
        .integer(AttributeField::type, 5);
  };
  const auto choose =
      node("If", {"c"}, {"y"})
          .message(NodeField::attribute, graph_attribute("then_branch", branch(call("Positive", {"x"}, {"t"}), "t")))
          .message(NodeField::attribute, graph_attribute("else_branch", branch(node("Tanh", {"x"}, {"e"}), "e")));
  Message<ModelField> m = model_of({choose}, {positive});
  Message<GraphField> g;
  g.message(GraphField::node, choose)
      .message(GraphField::input, value_info("x", {"N", "2"}))
      .message(GraphField::input, value_info("c", {}, 9))
      .message(GraphField::output, value_info("y", {"N", "2"}));
  const std::string bytes = serialize_onnx(parse(model(g).message(ModelField::functions, positive)));
  EXPECT_EQ(bytes.find("Positive"), std::string::npos);
  EXPECT_NE(bytes.find("Relu"), std::string::npos);
}

TEST(OnnxFunctions, WhatCannotBeReplacedIsRefused) {
  const auto error = [](const Message<ModelField>& m) {
    try {
      parse(m);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  const Function self = function("Self", {"a"}, {"b"}, {call("Self", {"a"}, {"b"})});
  EXPECT_THAT(error(model_of({call("Self", {"x"}, {"y"})}, {self})), HasSubstr("nested more than 32 deep"));
  const Function old = function("Old", {"a"}, {"b"}, {node("Relu", {"a"}, {"b"})}, 12);
  EXPECT_THAT(error(model_of({call("Old", {"x"}, {"y"})}, {old})), HasSubstr("'my.own.Old' is written for opset 12"));
  const Function one = function("One", {"a"}, {"b"}, {node("Relu", {"a"}, {"b"})});
  EXPECT_THAT(error(model_of({call("One", {"x", "x"}, {"y"})}, {one})), HasSubstr("2 inputs and 1 outputs"));
  EXPECT_THAT(error(model_of({call("One", {"x"}, {"y"})}, {one, one})), HasSubstr("'my.own.One' is defined twice"));
}

// A billion nodes from a few hundred bytes.
TEST(OnnxFunctions, DoNotGrowWithoutEnd) {
  std::vector<Function> functions = {function("F0", {"a"}, {"b"}, {node("Relu", {"a"}, {"b"})})};
  for (int i = 1; i <= 30; ++i) {
    const std::string below = "F" + std::to_string(i - 1);
    functions.push_back(
        function("F" + std::to_string(i), {"a"}, {"b"}, {call(below, {"a"}, {"h"}), call(below, {"h"}, {"b"})}));
  }
  ImportOptions options;
  options.max_bytes = 64 << 20;
  try {
    parse_onnx(model_of({call("F30", {"x"}, {"y"})}, functions).bytes, "bomb", options);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::limit) << e.what();
  }
}

}  // namespace
}  // namespace pare::testing
