// Files that were written once decode for ever: each NAME.pare here must give what NAME.expected.json says. Files are
// never rewritten; PARE_UPDATE_GOLDEN=1 writes those that are not there yet (a new format version brings new ones).
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/edit.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/pack/pack.h"
#include "format/checksum.h"
#include "format/codec/codec.h"
#include "tests/support/command.h"

namespace pare {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

const fs::path kFolder = fs::path(PARE_SOURCE_DIR) / "tests/golden";

bool update() { return std::getenv("PARE_UPDATE_GOLDEN") != nullptr; }

// The same summary that tools/pare_reader.py makes.
Json summary(const Graph& g, const PackSummary& packed) {
  auto name = [&](ValueId id) { return id == kNoValue ? "" : g.value(id).name; };
  auto names = [&](const std::vector<ValueId>& ids) {
    Json list = Json::array();
    for (ValueId id : ids) list.push_back(name(id));
    return list;
  };
  Json j;
  j["ir_version"] = g.origin.ir_version;
  j["opsets"] = Json::array();
  for (const auto& [domain, version] : g.origin.opsets) j["opsets"].push_back(Json::array({domain, version}));
  j["metadata"] = Json::object();
  for (const auto& [key, value] : g.origin.metadata) j["metadata"][key] = value;
  j["inputs"] = names(g.inputs);
  j["outputs"] = names(g.outputs);
  j["nodes"] = Json::array();
  for (const Node& n : g.nodes) {
    Json attributes = Json::array();
    for (const auto& [key, value] : n.attributes) attributes.push_back(key);
    j["nodes"].push_back({{"type", n.type},
                          {"name", n.name},
                          {"inputs", names(n.inputs)},
                          {"outputs", names(n.outputs)},
                          {"attributes", attributes}});
  }
  j["tensors"] = Json::object();
  for (const Value& v : g.values) {
    if (!v.constant) continue;
    Json t = {{"dtype", name_of(v.constant->dtype())}, {"shape", v.constant->shape()}};
    for (const PackedTensor& p : packed.tensors)
      if (p.name == v.name) t["codec"] = p.codec;
    t["crc"] = crc32c(v.constant->bytes());
    if (v.encoding.levels) t["levels_crc"] = crc32c(v.encoding.levels->bytes());
    if (v.encoding.mask) t["kept"] = v.encoding.mask->kept();
    j["tensors"][v.name] = t;
  }
  return j;
}

// Whole numbers without a library in between, the same on every machine.
uint32_t step(uint32_t& state) { return state = state * 1664525U + 1013904223U, state >> 8; }

ValueId on_grid(Graph& g, std::string name, Grid grid, Shape shape, double density, std::optional<CodecId> codec = {}) {
  Shape level_shape = shape;
  level_shape.back() /= grid.dim;
  Tensor levels(DType::i32, level_shape);
  const int32_t zero = zero_level(grid).value_or(0);
  const auto range = static_cast<uint32_t>(grid.highest() - grid.lowest() + 1);
  uint32_t state = static_cast<uint32_t>(name.size() * 77 + shape[0]);
  BitMask mask(static_cast<size_t>(*element_count(shape)));
  size_t at = 0;
  for (int32_t& l : levels.edit<int32_t>()) {
    const bool kept = step(state) < density * (1 << 24);
    l = kept ? static_cast<int32_t>(grid.lowest() + step(state) % range) : zero;
    if (grid.dim == 1 && zero_level(grid)) mask.set(at, l != zero);
    ++at;
  }
  const ValueId id = add_constant(g, std::move(name), take(dequantize(grid, levels, shape), "golden"));
  g.value(id).encoding = {std::move(grid), std::move(levels), std::move(mask), codec};
  return id;
}

Grid codebook(int entries, uint8_t bits) {
  Grid g{.kind = GridKind::codebook, .bits = bits};
  for (int i = 0; i < entries; ++i) g.codebook.push_back(static_cast<float>(i - entries / 2) * 0.03125F);
  return g;
}

Graph example() {
  Graph g;
  g.symbols = {{1, "N"}};
  g.next_symbol = 2;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1, 1), 4});
  Grid grid{.bits = 4, .scale = {0.5F}};
  const std::vector<int32_t> levels = {0, 0, 3, 0, -8, 0, 0, 0, 0, 7, 0, 0};
  const Tensor stored = Tensor::of<int32_t>({4, 3}, levels);
  const ValueId w = add_constant(g, "w", take(dequantize(grid, stored, {4, 3}), "golden"));
  g.value(w).encoding.grid = grid;
  g.value(w).encoding.levels = stored;
  const ValueId y = append(g, OpKind::matmul, "y", {x, w});
  g.outputs = {y};
  return g;
}

// Every codec on levels and bytes, every kind of grid, every element type.
Graph kinds() {
  Graph g;
  g.origin.opsets = {{"", 16}, {"com.example", 2}};
  g.origin.metadata = {{"pare.scale", "0.00392"}, {"note", "golden"}};
  g.symbols = {{1, "batch"}};
  g.next_symbol = 2;
  const ValueId x = add_input(g, "input", DType::f32, {Dim(1, 1), 3});
  std::vector<ValueId> all = {x};
  for (CodecId codec = 0; codec < 4; ++codec) {
    all.push_back(on_grid(g, fmt::format("levels of codec {}", codec), codebook(16, 4), {12, 9, 3}, 0.2, codec));
    const ValueId ints = add_constant(g, fmt::format("bytes of codec {}", codec),
                                      Tensor::of<int32_t>({2, 4}, std::vector<int32_t>{0, 0, -3, 0, 0, 900, 0, 1}));
    g.value(ints).encoding.codec = codec;
    all.push_back(ints);
  }
  all.push_back(on_grid(g, "affine, blocks",
                        {.bits = 4, .axis = 0, .block = 4, .scale = {1, 2, 3, 4}, .zero_point = {0, 1, -2, 3}}, {2, 7},
                        0.9));
  all.push_back(on_grid(g, "affine, channels", {.bits = 8, .is_signed = false, .axis = 1, .scale = {0.1F, 0.2F, 0.3F}},
                        {5, 3}, 0.9));
  all.push_back(on_grid(g, "wide", {.bits = 16, .scale = {0.001F}}, {300}, 0.9, CodecId{2}));
  all.push_back(on_grid(g, "powers of two", {.kind = GridKind::power_of_two, .bits = 3, .scale = {1.5F}}, {40}, 0.5));
  Grid vectors = codebook(8, 2);
  vectors.dim = 2;
  all.push_back(on_grid(g, "vectors", vectors, {6, 4}, 0.8));
  all.push_back(on_grid(g, "pruned", codebook(32, 5), {40, 50}, 0.04));
  for (int t = 1; t < kDTypeCount; ++t) {
    const auto type = static_cast<DType>(t);
    all.push_back(add_constant(g, fmt::format("of type {}", name_of(type)),
                               cast(Tensor::of<float>({4}, std::vector<float>{0, 1, 2, 100}), type)));
  }
  const ValueId halves = add_constant(g, "from f16", Tensor::of<float>({3}, std::vector<float>{0.5F, -0.0F, 2048}));
  g.value(halves).source_dtype = DType::f16;
  const ValueId brain = add_constant(g, "from bf16", Tensor::of<float>({3}, std::vector<float>{0.5F, -0.0F, 2048}));
  g.value(brain).source_dtype = DType::bf16;
  all.insert(all.end(), {halves, brain, add_constant(g, "scalar", Tensor::scalar(int64_t{-1})),
                         add_constant(g, "nothing", Tensor(DType::f32, {0, 3}))});
  const ValueId a = add_value(g, "a", DType::f32), out = add_value(g, "output", DType::f32);
  Node mystery;
  mystery.type = "Mystery";
  mystery.domain = "com.example";
  mystery.name = "all of it";
  mystery.inputs = all;
  mystery.outputs = {a, kNoValue};
  mystery.attributes.set("integer", int64_t{-5});
  mystery.attributes.set("real", 0.5F);
  mystery.attributes.set("text", std::string("hello"));
  mystery.attributes.set("integers", std::vector<int64_t>{1, -1});
  mystery.attributes.set("reals", std::vector<float>{1, -1});
  mystery.attributes.set("texts", std::vector<std::string>{"a", ""});
  mystery.attributes.set("tensor", Tensor::scalar(7.0));
  mystery.attributes.set("opaque", OpaqueAttribute{"\x0A\x06opaque"});
  add_node(g, mystery);
  Node relu;
  relu.op = OpKind::relu;
  relu.type = "Relu";
  relu.name = "relu";
  relu.inputs = {a};
  relu.outputs = {out};
  add_node(g, relu);
  g.outputs = {out};
  return g;
}

// Levels that lie around a mean which the level before, the row and the column move; some are zero.
ValueId smooth(Graph& g, std::string name, Grid grid, Shape shape, double density, CodecId codec) {
  Tensor levels(DType::i32, shape);
  const int32_t zero = zero_level(grid).value_or(static_cast<int32_t>((grid.lowest() + grid.highest()) / 2));
  const auto range = static_cast<int32_t>(grid.highest() - grid.lowest() + 1);
  const auto columns = static_cast<uint32_t>(levels.size() / shape[0]);
  uint32_t state = static_cast<uint32_t>(name.size() * 91 + shape[0]), at = 0;
  int32_t before = 0;
  for (int32_t& l : levels.edit<int32_t>()) {
    const uint32_t row = at / columns, column = at % columns;
    const auto width = static_cast<uint32_t>(2 + range / 6 / (1 + static_cast<int32_t>((row + column) % 3)));
    int32_t v = before / 2;
    for (int i = 0; i < 3; ++i) v += static_cast<int32_t>(step(state) % width) - static_cast<int32_t>(width / 2);
    before = v;
    const bool kept = step(state) < density * (1 << 24);
    l = static_cast<int32_t>(std::clamp<int64_t>(kept ? zero + v : zero, grid.lowest(), grid.highest()));
    ++at;
  }
  const ValueId id = add_constant(g, std::move(name), take(dequantize(grid, levels, shape), "golden"));
  g.value(id).encoding.grid = std::move(grid);
  g.value(id).encoding.levels = std::move(levels);
  g.value(id).encoding.codec = codec;
  return id;
}

// One node reads all of it.
void end_with(Graph& g, std::vector<ValueId> inputs) {
  const ValueId out = add_value(g, "output", DType::f32);
  Node mystery;
  mystery.type = "Mystery";
  mystery.domain = "com.example";
  mystery.name = "all of it";
  mystery.inputs = std::move(inputs);
  mystery.outputs = {out};
  add_node(g, mystery);
  g.outputs = {out};
}

// What needs more elements than kinds() has: the codecs that learn, on shapes that give them neighbours.
Graph codecs() {
  Graph g;
  g.origin.opsets = {{"", 16}, {"com.example", 2}};
  std::vector<ValueId> all = {add_input(g, "input", DType::f32, {3})};
  const auto affine = [](uint8_t bits) { return Grid{.bits = bits, .scale = {0.125F}}; };
  for (const auto& [codec, name] : {std::pair{CodecId{4}, "context"}, {CodecId{5}, "rans"}}) {
    all.push_back(smooth(g, fmt::format("{}: filters", name), affine(8), {16, 12, 3, 3}, 1, codec));
    all.push_back(smooth(g, fmt::format("{}: pruned", name), affine(4), {60, 70}, 0.08, codec));
    all.push_back(smooth(g, fmt::format("{}: matrix", name), affine(5), {1, 64, 40}, 0.9, codec));
    all.push_back(smooth(g, fmt::format("{}: wide", name), affine(20), {500}, 0.7, codec));
    all.push_back(smooth(g, fmt::format("{}: one value", name), affine(3), {20}, 0, codec));
    Grid positive = codebook(16, 4);  // no level is zero
    for (float& entry : positive.codebook) entry += 1;
    all.push_back(smooth(g, fmt::format("{}: no zero", name), positive, {9, 50}, 1, codec));
  }
  all.push_back(smooth(g, "parametric", affine(6), {20, 1, 5, 5}, 1, 6));
  all.push_back(smooth(g, "parametric: some zeros", affine(5), {300}, 0.4, 6));
  for (const DType type : {DType::f32, DType::f16, DType::bf16, DType::f64}) {
    Tensor values(DType::f32, {40, 60});
    uint32_t state = 7;
    for (float& v : values.edit<float>()) {
      v = 0;
      for (int i = 0; i < 4; ++i) v += static_cast<float>(step(state)) / (1 << 22) - 2.0F;
    }
    const ValueId id = add_constant(g, fmt::format("floats of type {}", name_of(type)), cast(values, type));
    g.value(id).encoding.codec = 7;
    all.push_back(id);
  }
  end_with(g, all);
  return g;
}

// Dense tensors of 8 bits, which `context` codes by selected counters.
Graph selected() {
  Graph g;
  g.origin.opsets = {{"", 16}, {"com.example", 2}};
  std::vector<ValueId> all = {add_input(g, "input", DType::f32, {3})};
  const Grid grid{.bits = 8, .scale = {0.125F}};
  all.push_back(smooth(g, "filters", grid, {64, 16, 3, 3}, 1, 4));
  all.push_back(smooth(g, "matrix", grid, {40, 300}, 0.97, 4));
  end_with(g, all);
  return g;
}

struct GoldenFile {
  std::string name;
  Graph (*graph)();
  PackOptions options;
};
const std::vector<GoldenFile>& files() {
  static const std::vector<GoldenFile> list = {{"example", example, {}},
                                               {"v1_kinds", kinds, {}},
                                               {"v1_masks", kinds, {.keep_masks = true}},
                                               {"v1_stripped", kinds, {.strip = true}},
                                               {"v2_example", example, {}},
                                               {"v2_kinds", kinds, {}},
                                               {"v2_codecs", codecs, {}},
                                               {"v2_selected", selected, {}},
                                               {"v2_masks", kinds, {.keep_masks = true}},
                                               {"v2_stripped", kinds, {.strip = true}}};
  return list;
}

TEST(Golden, FilesDecodeAsEver) {
  for (const GoldenFile& f : files()) {
    SCOPED_TRACE(f.name);
    const std::string file = (kFolder / (f.name + ".pare")).string(),
                      expected = (kFolder / (f.name + ".expected.json")).string();
    if (!fs::exists(file) && update()) {
      write_file(file, pack(f.graph(), f.options));
      const auto bytes = read_file(file);
      write_file(expected, summary(unpack(bytes, file), inspect_pare(bytes, file)).dump(1) + "\n");
    }
    ASSERT_TRUE(fs::exists(file)) << "missing; PARE_UPDATE_GOLDEN=1 writes it";
    const auto bytes = read_file(file);
    EXPECT_EQ(summary(unpack(bytes, file), inspect_pare(bytes, file)), Json::parse(test::read_text(expected)));
  }
}

// The exact bytes of each codec on made-up tensors, kept in sizes.csv so that a change shows in the diff.
TEST(Golden, SizesOfCodecs) {
  std::string csv = "tensor,codec,bytes\n";
  const std::string path = (kFolder / "sizes.csv").string();
  auto rows = [&](const std::string& tensor, const TensorInfo& info, std::span<const int32_t> levels,
                  std::span<const std::byte> bytes) {
    for (const Encoder* e : encoder_list()) {
      if (!e->supports(info)) continue;
      std::vector<std::byte> out;
      e->encode(info, levels, bytes, out);
      csv += fmt::format("{},{},{}\n", tensor, e->name, out.size());
    }
  };
  for (const auto& [rows_count, columns] : {std::pair<int64_t, int64_t>{500, 800}, {50, 500}, {10, 500}, {300, 784}}) {
    for (const int density : {2, 5, 10, 50, 100}) {
      for (const int bits : {4, 5, 8}) {
        TensorInfo info{.payload = Payload::levels,
                        .dtype = DType::i32,
                        .shape = {rows_count, columns},
                        .low = -(1 << (bits - 1)),
                        .high = (1 << (bits - 1)) - 1};
        std::vector<int32_t> levels(static_cast<size_t>(rows_count * columns));
        uint32_t state = static_cast<uint32_t>(density * 1000 + bits);
        for (int32_t& l : levels) {
          if (step(state) % 100 >= static_cast<uint32_t>(density)) continue;
          uint32_t sum = 0;  // of four: bell-shaped
          for (int i = 0; i < 4; ++i) sum += step(state) % (1U << (bits - 2));
          l = static_cast<int32_t>(sum) - (1 << (bits - 1)) + 2;
        }
        rows(fmt::format("{}x{} {} % of {} bits", rows_count, columns, density, bits), info, levels, {});
      }
    }
  }
  std::vector<float> weights(25000);
  uint32_t state = 1;
  for (float& w : weights) w = (static_cast<float>(step(state) + step(state)) - 16777216.0F) * 0x1p-26F;
  rows("25000 f32", {.dtype = DType::f32, .shape = {25000}}, {}, std::as_bytes(std::span(weights)));
  rows("500 f32", {.dtype = DType::f32, .shape = {500}}, {}, std::as_bytes(std::span(weights).first(500)));
  for (size_t i = 0; i < weights.size(); ++i)
    if (step(state) % 20 != 0) weights[i] = 0;
  rows("25000 f32 5 %", {.dtype = DType::f32, .shape = {50, 500}}, {}, std::as_bytes(std::span(weights)));
  if (update()) write_file(path, csv);
  EXPECT_EQ(csv, test::read_text(path)) << "PARE_UPDATE_GOLDEN=1 rewrites it";
}

}  // namespace
}  // namespace pare
