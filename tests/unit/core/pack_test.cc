#include "core/pack/pack.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/edit.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/random.h"

namespace pare {
namespace {

Tensor floats(Shape shape, std::vector<float> values) { return Tensor::of<float>(std::move(shape), values); }

// A constant on a grid: `levels` and what they stand for.
ValueId add_on_grid(Graph& g, std::string name, Grid grid, Tensor levels, Shape shape) {
  const ValueId id = add_constant(g, std::move(name), take(dequantize(grid, levels, shape), "test"));
  g.value(id).encoding.grid = std::move(grid);
  g.value(id).encoding.levels = std::move(levels);
  return id;
}

Node node(OpKind op, std::string name, std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
  Node n;
  n.op = op;
  n.type = onnx_name(op);
  n.name = std::move(name);
  n.inputs = std::move(inputs);
  n.outputs = std::move(outputs);
  return n;
}

// Something of everything a graph can hold. Opset 16, so that verify does not hold the nodes against their ops.
Graph everything() {
  Graph g;
  g.origin = {.ir_version = 7,
              .opsets = {{"", 16}, {"com.example", 3}},
              .producer_name = "maker",
              .producer_version = "1.2",
              .domain = "org.example",
              .doc = "a model\nof two lines",
              .graph_name = "graph",
              .graph_doc = "its doc",
              .model_version = -5,
              .metadata = {{"pare.scale", "0.0039"}, {"author", "\xC3\xA9\x01"}, {"empty", ""}}};
  g.symbols = {{1, "batch"}, {7, "unk__0"}};
  g.next_symbol = 9;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1, 1), 3, Dim(2, 7)});
  g.value(x).activation_grid = Grid{.bits = 8, .is_signed = false, .scale = {0.1F}, .zero_point = {3}};

  Grid codebook{.kind = GridKind::codebook,
                .bits = 5,
                .codebook = {0.0F, -0.5F, 0.25F, std::numeric_limits<float>::denorm_min()}};
  const ValueId shared = add_on_grid(g, "shared weight", codebook,
                                     Tensor::of<int32_t>({2, 3}, std::vector<int32_t>{0, 1, 2, 0, 0, 3}), {2, 3});
  g.value(shared).trainable = true;
  BitMask mask(6);
  mask.set(0, false);
  mask.set(4, false);
  g.value(shared).encoding.mask = mask;
  g.value(shared).encoding.codec = CodecId{1};
  Grid affine{.bits = 4, .axis = 0, .block = 2, .scale = {1, 2, 3, 4, 5, 6}, .zero_point = {0, 1, -1, 2, 3, -8}};
  const ValueId blocked =
      add_on_grid(g, "blocked", affine,
                  Tensor::of<int32_t>({3, 4}, std::vector<int32_t>{-8, 7, 0, 1, 2, 3, 4, 5, 6, -1, -2, -3}), {3, 4});
  Grid pairs{.kind = GridKind::codebook, .bits = 1, .codebook = {1, 2, 3, 4}, .dim = 2};
  const ValueId vectors =
      add_on_grid(g, "vectors", pairs, Tensor::of<int32_t>({2, 2}, std::vector<int32_t>{0, 1, 1, 0}), {2, 4});
  Grid powers{.kind = GridKind::power_of_two, .bits = 3, .scale = {0.75F}};
  const ValueId shifts =
      add_on_grid(g, "shifts", powers, Tensor::of<int32_t>({3}, std::vector<int32_t>{-2, 0, 3}), {3});

  const float nan = std::nanf("77"), inf = std::numeric_limits<float>::infinity();
  std::vector<ValueId> constants = {shared, blocked, vectors, shifts,
                                    add_constant(g, "weird", floats({2, 3}, {0.0F, -0.0F, nan, inf, -inf, 1e-45F}))};
  for (int t = 1; t < kDTypeCount; ++t) {
    const auto type = static_cast<DType>(t);
    constants.push_back(
        add_constant(g, fmt::format("of type {}", name_of(type)), cast(floats({2, 2}, {0, 1, 2, 100}), type)));
  }
  constants.push_back(add_constant(g, "empty", Tensor(DType::i64, {0})));
  constants.push_back(add_constant(g, "scalar", Tensor::scalar(int64_t{-7})));
  const ValueId halves = add_constant(g, "from f16", floats({4}, {0.5F, -0.0F, 65504, 1}));
  g.value(halves).source_dtype = DType::f16;
  const ValueId trained = add_constant(g, "from bf16, trained", floats({2}, {0.1F, 1}));
  g.value(trained).source_dtype = DType::bf16;
  const ValueId from_double = add_constant(g, "from f64", floats({2}, {0.1F, 1}));
  g.value(from_double).source_dtype = DType::f64;
  constants.insert(constants.end(), {halves, trained, from_double});

  const ValueId a = add_value(g, "a", DType::f32, Dims{Dim(1, 1), 3}), b = add_value(g, "b", DType::none),
                y = add_value(g, "y", DType::f16);
  Node first = node(OpKind::concat, "", {x, kNoValue}, {a, kNoValue});
  first.inputs.insert(first.inputs.end(), constants.begin(), constants.end());
  first.doc = "why";
  first.attributes.set("axis", int64_t{-1});
  first.attributes.set("alpha", nan);
  first.attributes.set("mode", std::string("a\0b", 3));
  first.attributes.set("pads", std::vector<int64_t>{INT64_MIN, 0, INT64_MAX});
  first.attributes.set("scales", std::vector<float>{-0.0F, inf});
  first.attributes.set("names", std::vector<std::string>{"", "z"});
  first.attributes.set("value", Tensor::of<int64_t>({2, 1}, std::vector<int64_t>{5, -5}));
  first.attributes.set("body", OpaqueAttribute{"\x0A\x01x"});
  first.attributes.set("none", std::vector<int64_t>{});
  add_node(g, first);
  Node unknown = node(OpKind::unknown, "mystery", {a}, {b});
  unknown.type = "Frobnicate";
  unknown.domain = "com.example";
  unknown.captured = {shared, a};
  unknown.version = 11;
  add_node(g, unknown);
  add_node(g, node(OpKind::identity, "last", {b}, {y}));
  g.inputs = {x};
  g.outputs = {y, a};
  g.source = "everything.pare";
  return g;
}

void expect_same_bits(float a, float b) { EXPECT_EQ(std::bit_cast<uint32_t>(a), std::bit_cast<uint32_t>(b)); }

// Bit for bit, NaN included.
void expect_same(const AttributeValue& a, const AttributeValue& b) {
  ASSERT_EQ(a.index(), b.index());
  if (const float* real = std::get_if<float>(&a)) return expect_same_bits(*real, std::get<float>(b));
  if (const auto* reals = std::get_if<std::vector<float>>(&a)) {
    const auto& others = std::get<std::vector<float>>(b);
    ASSERT_EQ(reals->size(), others.size());
    for (size_t i = 0; i < others.size(); ++i) expect_same_bits((*reals)[i], others[i]);
    return;
  }
  EXPECT_TRUE(a == b);
}

void expect_same(const Graph& a, const Graph& b, bool masks) {
  ASSERT_EQ(a.values.size(), b.values.size());
  for (size_t i = 0; i < a.values.size(); ++i) {
    const Value &v = a.values[i], &w = b.values[i];
    SCOPED_TRACE(v.name);
    EXPECT_EQ(v.name, w.name);
    EXPECT_EQ(v.dtype, w.dtype);
    EXPECT_EQ(v.dims, w.dims);
    EXPECT_EQ(v.producer, w.producer);
    EXPECT_EQ(v.users, w.users);
    EXPECT_EQ(v.constant, w.constant);
    EXPECT_EQ(v.source_dtype, w.source_dtype);
    EXPECT_EQ(v.encoding.grid, w.encoding.grid);
    EXPECT_EQ(v.encoding.levels, w.encoding.levels);
    EXPECT_EQ(v.encoding.codec, w.encoding.codec);
    EXPECT_EQ(masks ? v.encoding.mask : std::nullopt, w.encoding.mask);
    EXPECT_EQ(v.activation_grid, w.activation_grid);
    EXPECT_EQ(v.trainable, w.trainable);
  }
  ASSERT_EQ(a.nodes.size(), b.nodes.size());
  for (size_t i = 0; i < a.nodes.size(); ++i) {
    const Node &m = a.nodes[i], &n = b.nodes[i];
    EXPECT_EQ(m.name, n.name);
    EXPECT_EQ(m.op, n.op);
    EXPECT_EQ(m.domain, n.domain);
    EXPECT_EQ(m.type, n.type);
    EXPECT_EQ(m.inputs, n.inputs);
    EXPECT_EQ(m.outputs, n.outputs);
    EXPECT_EQ(m.captured, n.captured);
    EXPECT_EQ(m.doc, n.doc);
    ASSERT_EQ(m.attributes.size(), n.attributes.size());
    for (auto p = m.attributes.begin(), q = n.attributes.begin(); p != m.attributes.end(); ++p, ++q) {
      EXPECT_EQ(p->first, q->first);
      expect_same(p->second, q->second);
    }
  }
  EXPECT_EQ(a.inputs, b.inputs);
  EXPECT_EQ(a.outputs, b.outputs);
  EXPECT_EQ(a.symbols, b.symbols);
  EXPECT_EQ(a.next_symbol, b.next_symbol);
  const Origin &o = a.origin, &p = b.origin;
  EXPECT_EQ(o.ir_version, p.ir_version);
  EXPECT_EQ(o.opsets, p.opsets);
  EXPECT_EQ(std::tie(o.producer_name, o.producer_version, o.domain, o.doc, o.graph_name, o.graph_doc),
            std::tie(p.producer_name, p.producer_version, p.domain, p.doc, p.graph_name, p.graph_doc));
  EXPECT_EQ(o.model_version, p.model_version);
  EXPECT_EQ(o.metadata, p.metadata);
}

TEST(Pack, EverythingSurvives) {
  const Graph g = everything();
  verify(g);
  expect_same(g, unpack(pack(g), "a.pare"), false);
  expect_same(g, unpack(pack(g, {.keep_masks = true}), "a.pare"), true);
}

TEST(Pack, EveryCodecIsLossless) {
  const Graph g = everything();
  for (const Encoder* encoder : encoder_list()) {
    const std::string codec(encoder->name);
    PackSummary summary;
    expect_same(g, unpack(pack(g, {.codec = codec}, &summary), "a.pare"), false);
    EXPECT_TRUE(std::any_of(summary.tensors.begin(), summary.tensors.end(), [&](const PackedTensor& t) {
      return t.codec == codec;
    })) << codec;
  }
  EXPECT_THROW(pack(g, {.codec = "zip"}), Error);
}

TEST(Pack, SameGraphSameBytes) {
  EXPECT_EQ(pack(everything()), pack(everything()));
  const Graph g = everything();
  EXPECT_EQ(pack(unpack(pack(g), "a.pare")), pack(g));
}

TEST(Pack, AnyNumberOfThreadsGivesTheSameBytes) {
  Graph g = everything();
  // Of several chunks each, one of floats and one of levels.
  const Shape shape = {3000, 1500};
  Random random(1);
  Tensor weights(DType::f32, shape), levels(DType::i32, shape);
  for (float& w : weights.edit<float>()) w = static_cast<float>(random.normal());
  for (int32_t& l : levels.edit<int32_t>()) l = random.uniform() < 0.1 ? 1 : 0;
  Grid grid;
  grid.bits = 2;
  grid.scale = {0.5F};
  add_constant(g, "large floats", weights);
  add_on_grid(g, "large levels", grid, levels, shape);
  parallel_threads = 1;
  const auto alone = pack(g);
  parallel_threads = 5;
  const auto together = pack(g);
  const Graph back = unpack(together, "test");
  parallel_threads = 0;
  EXPECT_EQ(alone, together);
  EXPECT_EQ(*back.values[back.values.size() - 2].constant, weights);
  EXPECT_EQ(*back.values.back().encoding.levels, levels);
}

TEST(Pack, ResultOfPackingAgreesWithInspecting) {
  const Graph g = everything();
  PackSummary packed;
  const auto bytes = pack(g, {}, &packed);
  Graph skeleton;
  const PackSummary inspected = inspect_pare(bytes, "a.pare", &skeleton);
  EXPECT_EQ(packed.bytes, bytes.size());
  EXPECT_EQ(inspected.bytes, packed.bytes);
  EXPECT_EQ(inspected.graph_bytes, packed.graph_bytes);
  ASSERT_EQ(inspected.tensors.size(), packed.tensors.size());
  uint64_t sum = packed.graph_bytes;
  for (size_t i = 0; i < packed.tensors.size(); ++i) {
    EXPECT_EQ(inspected.tensors[i].name, packed.tensors[i].name);
    EXPECT_EQ(inspected.tensors[i].codec, packed.tensors[i].codec);
    EXPECT_EQ(inspected.tensors[i].shape, packed.tensors[i].shape);
    EXPECT_EQ(inspected.tensors[i].bits, packed.tensors[i].bits);
    EXPECT_EQ(inspected.tensors[i].bytes, packed.tensors[i].bytes);
    sum += packed.tensors[i].bytes;
  }
  EXPECT_EQ(sum, packed.bytes);
  ASSERT_EQ(skeleton.values.size(), g.values.size());
  for (size_t i = 0; i < g.values.size(); ++i) {
    EXPECT_EQ(skeleton.values[i].name, g.values[i].name);
    EXPECT_EQ(skeleton.values[i].dims, g.values[i].dims);
    EXPECT_FALSE(skeleton.values[i].constant);
  }
}

TEST(Pack, StrippingKeepsWhatIsNeeded) {
  const Graph g = everything();
  const auto bytes = pack(g, {.strip = true});
  EXPECT_LT(bytes.size(), pack(g).size());
  const Graph stripped = unpack(bytes, "a.pare");
  verify(stripped);
  EXPECT_EQ(stripped.value(stripped.inputs[0]).name, "x");
  EXPECT_EQ(stripped.value(stripped.outputs[0]).name, "y");
  EXPECT_NE(stripped.find_value("shared weight"), kNoValue);  // captured by an opaque sub-graph
  EXPECT_EQ(stripped.find_value("weird"), kNoValue);
  EXPECT_EQ(stripped.origin.metadata, (std::vector<std::pair<std::string, std::string>>{{"pare.scale", "0.0039"}}));
  EXPECT_TRUE(stripped.origin.doc.empty());
  for (size_t i = 0; i < g.values.size(); ++i) EXPECT_EQ(stripped.values[i].constant, g.values[i].constant);
}

TEST(Pack, DeadNodesAreLeftOut) {
  Graph g = everything();
  const size_t before = g.nodes.size();
  const ValueId unused = add_value(g, "unused", DType::f32);
  const NodeId dead = add_node(g, node(OpKind::relu, "dead", {g.inputs[0]}, {unused}));
  remove_node(g, dead);
  EXPECT_EQ(unpack(pack(g), "a.pare").nodes.size(), before);
}

TEST(Pack, GraphThatDoesNotVerifyIsRefused) {
  Graph g = everything();
  const ValueId w = g.find_value("shared weight");
  g.value(w).constant->edit<float>()[1] = 9;  // no longer what the levels say
  EXPECT_THROW(pack(g), Error);
}

TEST(Pack, BrokenFilesNameTheFile) {
  const auto bytes = pack(everything());
  try {
    unpack(std::span(bytes).first(bytes.size() / 2), "broken.pare");
    FAIL() << "half a file was accepted";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::StartsWith("broken.pare: "));
    EXPECT_EQ(exit_status(e.code()), 2);
  }
  try {
    unpack(bytes, "big.pare", 100);
    FAIL() << "100 bytes were enough";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::limit);
  }
}

TEST(Pack, EveryFlippedBitIsAnError) {
  auto bytes = pack(everything(), {.keep_masks = true});
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= std::byte{0x10};
    EXPECT_THROW(unpack(bytes, "a.pare"), Error) << i;
    bytes[i] ^= std::byte{0x10};
  }
}

TEST(Pack, PrunedAndSharedLayerIsSmall) {
  Graph g;
  g.next_symbol = 2;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1, 1), 800});
  Grid grid{.kind = GridKind::codebook, .bits = 5};
  for (int i = 0; i < 32; ++i) grid.codebook.push_back(static_cast<float>(i - 16) * 0.01F);
  std::vector<int32_t> levels(500 * 800, 16);
  Random random(1);
  for (int32_t& l : levels)
    if (random.uniform() < 0.05) l = static_cast<int32_t>(random.below(32));
  const ValueId w = add_on_grid(g, "w", grid, Tensor::of<int32_t>({500, 800}, levels), {500, 800});
  const ValueId y = add_value(g, "y", DType::f32);
  Node gemm = node(OpKind::gemm, "fc", {x, w}, {y});
  gemm.attributes.set("transB", int64_t{1});
  add_node(g, gemm);
  g.outputs = {y};
  PackSummary summary;
  const auto bytes = pack(g, {}, &summary);
  EXPECT_LT(summary.graph_bytes, 100U);
  EXPECT_LT(bytes.size(), 28000U);  // 400,000 weights: 20,000 levels of 5 bits and 0.286 bits of position each
  expect_same(g, unpack(bytes, "a.pare"), false);
}

}  // namespace
}  // namespace pare
