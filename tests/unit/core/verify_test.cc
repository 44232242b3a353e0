#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

using namespace pare::testing;
using ::testing::HasSubstr;

// What verify says after one thing was broken.
std::string after(const std::function<void(Graph&)>& break_it) {
  Graph g = small_network();
  break_it(g);
  try {
    verify(g);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}
Value& weight(Graph& g) { return g.value(g.find_value("conv1.weight")); }

TEST(Verify, AcceptsWhatIsRight) {
  EXPECT_EQ(after([](Graph&) {}), "");
  EXPECT_EQ(after([](Graph& g) { put_on_grid(weight(g)); }), "");
  EXPECT_EQ(after([](Graph& g) {
              weight(g).constant = floats({4, 1, 3, 3}, std::vector<float>(36, 0.0F));
              weight(g).encoding.mask = BitMask(36, false);
            }),
            "");
}

TEST(Verify, NamesTheFile) {
  EXPECT_THAT(after([](Graph& g) {
                g.source = "net.onnx";
                g.value(0).name = "";
              }),
              HasSubstr("net.onnx: value 0 has no name"));
}

TEST(Verify, ChecksNames) {
  EXPECT_THAT(after([](Graph& g) { weight(g).name = "x"; }), HasSubstr("two values are named 'x'"));
}

TEST(Verify, ChecksIds) {
  EXPECT_THAT(after([](Graph& g) { g.nodes[0].inputs[0] = 99; }), HasSubstr("which does not exist"));
  EXPECT_THAT(after([](Graph& g) { g.outputs[0] = -7; }), HasSubstr("which does not exist"));
  EXPECT_THAT(after([](Graph& g) { g.nodes[1].captured.push_back(-1); }), HasSubstr("which does not exist"));
}

TEST(Verify, ChecksOrderAndProducers) {
  EXPECT_THAT(after([](Graph& g) {
                std::swap(g.nodes[0], g.nodes[1]);
                rebuild_links(g);
              }),
              HasSubstr("Relu 'relu1' reads 'conv1' before anything makes it"));
  EXPECT_THAT(after([](Graph& g) { weight(g).constant.reset(); }),
              HasSubstr("reads 'conv1.weight' before anything makes it"));
  EXPECT_THAT(after([](Graph& g) {
                g.nodes[1].outputs = g.nodes[0].outputs;
                rebuild_links(g);
              }),
              HasSubstr("which is made already"));
  EXPECT_THAT(after([](Graph& g) { g.outputs = {add_value(g, "lost", DType::f32)}; }),
              HasSubstr("nothing makes graph output 'lost'"));
  EXPECT_THAT(after([](Graph& g) { g.value(g.inputs[0]).constant = floats({1}, {1}); }),
              HasSubstr("graph input 'x' is a constant"));
  EXPECT_THAT(after([](Graph& g) { g.inputs.push_back(g.inputs[0]); }), HasSubstr("graph input twice"));
}

TEST(Verify, ChecksLinks) {
  EXPECT_THAT(after([](Graph& g) { weight(g).users.clear(); }), HasSubstr("'conv1.weight' has the wrong users"));
  EXPECT_THAT(after([](Graph& g) { g.value(g.outputs[0]).producer = 0; }), HasSubstr("'y' has the wrong producer"));
}

TEST(Verify, ChecksConstants) {
  EXPECT_THAT(after([](Graph& g) { weight(g).dtype = DType::i8; }),
              HasSubstr("constant 'conv1.weight' is f32 and says i8"));
  EXPECT_THAT(after([](Graph& g) { weight(g).dims = Dims{36}; }), HasSubstr("another shape"));
  EXPECT_THAT(after([](Graph& g) { g.value(g.outputs[0]).trainable = true; }),
              HasSubstr("'y' is trainable but no constant"));
  EXPECT_THAT(after([](Graph& g) { g.value(g.outputs[0]).encoding.codec = CodecId{1}; }),
              HasSubstr("'y' has an encoding but no constant"));
}

TEST(Verify, ChecksEncodings) {
  EXPECT_THAT(after([](Graph& g) {
                put_on_grid(weight(g));
                weight(g).encoding.levels.reset();
              }),
              HasSubstr("grid without levels"));
  EXPECT_THAT(after([](Graph& g) {
                put_on_grid(weight(g));
                weight(g).encoding.grid->scale = {1, 2};
              }),
              HasSubstr("grid of 'conv1.weight': "));
  EXPECT_THAT(after([](Graph& g) {
                put_on_grid(weight(g));
                weight(g).encoding.levels->edit<int32_t>()[3] = 4;
              }),
              HasSubstr("level 4 of 'conv1.weight' is outside of -4 to 3"));
  EXPECT_THAT(after([](Graph& g) {
                put_on_grid(weight(g));
                weight(g).constant->edit<float>()[3] = 9;
              }),
              HasSubstr("the levels of 'conv1.weight' do not give its values"));
  EXPECT_THAT(after([](Graph& g) { weight(g).encoding.mask = BitMask(7); }), HasSubstr("has 7 bits for 36 elements"));
  EXPECT_THAT(after([](Graph& g) {
                weight(g).encoding.mask = BitMask(36);
                weight(g).encoding.mask->set(5, false);
              }),
              HasSubstr("element 5 of 'conv1.weight' is masked and not zero"));
}

TEST(Verify, ChecksActivationGrids) {
  const auto with = [](std::vector<float> scale, int32_t axis) {
    return after([&](Graph& g) {
      Grid grid;
      grid.scale = std::move(scale);
      grid.axis = axis;
      g.value(g.find_value("relu1")).activation_grid = grid;
    });
  };
  EXPECT_EQ(with({0.5F}, -1), "");
  EXPECT_EQ(with({1, 1, 1, 1}, 1), "");
  EXPECT_THAT(with({1, 1}, 1), HasSubstr("activation grid of 'relu1'"));
  EXPECT_THAT(after([](Graph& g) { weight(g).activation_grid = Grid{}; }), HasSubstr("has an activation grid"));
}

TEST(Verify, ChecksNodesAgainstTheirOp) {
  EXPECT_THAT(after([](Graph& g) { g.nodes[0].attributes.set("group", std::string("1")); }),
              HasSubstr("Conv 'conv1': attribute 'group' has the wrong type"));
  EXPECT_THAT(after([](Graph& g) {
                g.nodes[0].inputs.resize(1);
                rebuild_links(g);
              }),
              HasSubstr("Conv 'conv1' has 1 inputs"));
  EXPECT_THAT(after([](Graph& g) { set_input(g, 0, 0, kNoValue); }), HasSubstr("Conv 'conv1' lacks input 0"));
  EXPECT_THAT(after([](Graph& g) { g.nodes[1].type = "Tanh"; }), HasSubstr("has the facts of another op"));
}

}  // namespace
}  // namespace pare
