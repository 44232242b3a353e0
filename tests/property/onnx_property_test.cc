// What is written as ONNX comes back: random networks through export and import, whole and damaged.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/edit.h"
#include "core/error.h"
#include "core/onnx/onnx.h"
#include "tests/support/random_graph.h"
#include "tests/support/same_graph.h"

namespace pare {
namespace {

using namespace pare::testing;

Graph drawn() {
  const auto seed = *rc::gen::arbitrary<uint64_t>();
  Graph graph = random_graph(seed, {.steps = *rc::gen::inRange(0, 14), .quantizers = true});
  compact(graph);  // import to the canonical form drops what nothing uses
  return graph;
}

TEST(OnnxProperty, ImportOfExportIsTheSameGraph) {
  EXPECT_TRUE(rc::check("import(export(g)) == g", [] {
    const Graph g = drawn();
    const std::string bytes = serialize_onnx(g);
    const Graph back = parse_onnx(bytes, "net.onnx");
    expect_same_graph(back, g);
    RC_ASSERT(!::testing::Test::HasFailure());
    RC_ASSERT(serialize_onnx(back) == serialize_onnx(parse_onnx(serialize_onnx(back), "net.onnx")));
  }));
}

TEST(OnnxProperty, EveryOpsetKeepsInterfaceAndConstants) {
  EXPECT_TRUE(rc::check("lift(lower(g))", [] {
    const Graph g = drawn();
    ExportOptions options;
    options.opset = *rc::gen::inRange<int64_t>(11, 18);
    std::string bytes;
    try {
      bytes = serialize_onnx(g, options);
    } catch (const Error& e) {  // per-channel quantization before opset 13
      RC_ASSERT(e.code() == Code::unsupported && options.opset < 13);
      RC_DISCARD("cannot be said");
    }
    const Graph back = parse_onnx(bytes, "net.onnx");
    RC_ASSERT(names_of(back, back.inputs) == names_of(g, g.inputs));
    RC_ASSERT(names_of(back, back.outputs) == names_of(g, g.outputs));
    const auto before = constants_of(g), after = constants_of(back);
    for (const auto& [name, value] : before) {
      // Axes, shapes and a dropout's ratio become attributes on the way, scales of one channel scalars.
      if (!is_float(value->dtype) || value->constant->rank() < 2) continue;
      RC_ASSERT(after.contains(name));
      RC_ASSERT(*after.at(name)->constant == *value->constant);
    }
  }));
}

TEST(OnnxProperty, DamagedBytesGiveAGraphOrAnError) {
  EXPECT_TRUE(rc::check("damage", [] {
    std::string bytes = serialize_onnx(random_graph(*rc::gen::inRange<uint64_t>(0, 20), {.steps = 6}));
    const auto flips = *rc::gen::inRange(1, 6);
    for (int i = 0; i < flips; ++i) {
      bytes[*rc::gen::inRange<size_t>(0, bytes.size())] = static_cast<char>(*rc::gen::inRange(0, 256));
    }
    bytes.resize(*rc::gen::inRange<size_t>(bytes.size() / 2, bytes.size() + 1));
    ImportOptions options;
    options.max_bytes = uint64_t{16} << 20;
    try {
      verify(parse_onnx(bytes, "net.onnx", options));
    } catch (const Error& e) {
      RC_ASSERT(std::string(e.what()).starts_with("net.onnx: "));
    }
  }));
}

}  // namespace
}  // namespace pare
