#include <gtest/gtest.h>

#include <cstring>

#include "format/bytes.h"
#include "format/checksum.h"
#include "format/container/read.h"
#include "format/container/write.h"

namespace pare {
namespace {

constexpr uint64_t kBudget = 1 << 20;

StoredGraph small_graph() {
  StoredGraph g;
  g.ir_version = 8;
  g.opsets = {{"", 17}};
  g.graph_name = "small";
  g.values.push_back({.name = "x", .dtype = DType::f32, .dims = Dims{Dim(1, 1), 4}});
  g.values.push_back({.name = "w", .dtype = DType::f32, .dims_of_tensor = true, .trainable = true, .tensor = 0});
  g.values.push_back({.name = "shape", .dtype = DType::i64, .dims_of_tensor = true, .tensor = 1});
  g.values.push_back({.name = "y", .dtype = DType::f32});
  StoredNode n;
  n.op = 3;
  n.name = "mul";
  n.inputs = {0, 1};
  n.outputs = {3};
  n.attributes.push_back({.name = "k", .value = int64_t{-3}});
  g.nodes.push_back(n);
  g.inputs = {0};
  g.outputs = {3};
  g.symbols = {{1, "batch"}};
  g.next_symbol = 2;
  return g;
}

std::vector<CodedTensor> small_tensors(bool with_mask = false) {
  std::vector<CodedTensor> tensors;
  StoredTensor w;
  w.dtype = w.stored = DType::f32;
  w.shape = {4, 3};
  w.grid.emplace();
  w.grid->bits = 4;
  w.grid->scale = {0.5F};
  const std::vector<int32_t> levels = {0, 0, 3, 0, -8, 0, 0, 0, 0, 7, 0, 0};
  BitMask mask(12);
  for (size_t i = 0; i < 12; ++i) mask.set(i, levels[i] != 0);
  tensors.push_back(code_tensor(w, levels, {}, with_mask ? &mask : nullptr, nullptr));
  StoredTensor shape;
  shape.dtype = shape.stored = DType::i64;
  shape.shape = {2};
  const std::vector<int64_t> values = {-1, 784};
  tensors.push_back(code_tensor(shape, {}, std::as_bytes(std::span(values)), nullptr, nullptr));
  return tensors;
}

std::vector<std::byte> small_file(bool with_mask = false) {
  return write_pare(small_graph(), small_tensors(with_mask));
}

// Opens and reads everything.
Status read_all(std::span<const std::byte> bytes, uint64_t max_bytes = kBudget) {
  PARE_ASSIGN(const PareFile file, PareFile::open(bytes, max_bytes));
  for (size_t i = 0; i < file.tensors().size(); ++i) {
    uint64_t budget = max_bytes;
    if (auto t = file.read_tensor(i, budget); !t.ok()) return t.status();
  }
  return {};
}

// A file of the given sections with right checksums.
struct RawSection {
  uint64_t tag;
  std::vector<std::byte> bytes;
};
std::vector<RawSection> sections_of(std::span<const std::byte> file) {
  ByteReader in(file);
  (void)in.bytes(8);
  ByteReader toc(in.bytes(in.varint()));
  (void)in.number<uint32_t>();
  std::vector<RawSection> sections;
  while (toc.remaining() > 0) {
    const uint64_t tag = toc.varint(), length = toc.varint();
    (void)toc.number<uint32_t>();
    const auto part = in.bytes(length);
    sections.push_back({tag, {part.begin(), part.end()}});
  }
  return sections;
}
std::vector<std::byte> assemble(std::span<const RawSection> sections, uint8_t major = 1, uint8_t minor = 0) {
  std::vector<std::byte> toc, file;
  ByteWriter w(toc);
  for (const RawSection& s : sections) w.varint(s.tag), w.varint(s.bytes.size()), w.number(crc32c(s.bytes));
  ByteWriter out(file);
  out.bytes(std::as_bytes(std::span(kMagic)));
  out.number(major);
  out.number(minor);
  out.varint(toc.size());
  out.bytes(toc);
  out.number(crc32c(file));
  for (const RawSection& s : sections) out.bytes(s.bytes);
  return file;
}

TEST(Container, GivesBackWhatWasWritten) {
  const auto bytes = small_file(true);
  EXPECT_TRUE(looks_like_pare(bytes));
  const auto file = PareFile::open(bytes, kBudget);
  ASSERT_TRUE(file.ok()) << file.status().what();
  const StoredGraph& g = file.value().graph();
  ASSERT_EQ(g.values.size(), 4U);
  EXPECT_EQ(g.values[0].dims, (Dims{Dim(1, 1), 4}));
  EXPECT_TRUE(g.values[1].trainable);
  EXPECT_EQ(g.nodes.at(0).inputs, (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(std::get<int64_t>(g.nodes[0].attributes.at(0).value), -3);
  EXPECT_EQ(g.symbols.at(0).name, "batch");

  // One tensor alone, the last one first.
  uint64_t budget = kBudget;
  const auto shape = file.value().read_tensor(1, budget);
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(shape.value().tensor, Tensor::of<int64_t>({2}, std::vector<int64_t>{-1, 784}));
  const auto w = file.value().read_tensor(0, budget);
  ASSERT_TRUE(w.ok());
  EXPECT_EQ(w.value().tensor.view<float>()[4], -4.0F);
  EXPECT_EQ(w.value().levels->view<int32_t>()[9], 7);
  ASSERT_TRUE(w.value().mask);
  EXPECT_EQ(w.value().mask->kept(), 3U);
}

TEST(Container, SameInputSameBytes) { EXPECT_EQ(small_file(), small_file()); }

TEST(Container, EveryPrefixIsAnError) {
  const auto bytes = small_file(true);
  ASSERT_TRUE(read_all(bytes).ok());
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(read_all(std::span(bytes).first(n)).ok()) << n;
}

TEST(Container, EveryFlippedBitIsAnError) {
  auto bytes = small_file(true);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(read_all(bytes).ok()) << "byte " << bit / 8 << " bit " << bit % 8;
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

TEST(Container, BytesAfterTheEndAreAnError) {
  auto bytes = small_file();
  bytes.push_back(std::byte{0});
  EXPECT_EQ(read_all(bytes).code(), Code::corrupt);
}

TEST(Container, DamageBehindRightChecksumsNeverCrashes) {
  const auto sections = sections_of(small_file(true));
  for (size_t s = 0; s < sections.size(); ++s) {
    for (size_t bit = 0; bit < sections[s].bytes.size() * 8; ++bit) {
      auto damaged = sections;
      damaged[s].bytes[bit / 8] ^= std::byte{1} << (bit % 8);
      (void)read_all(assemble(damaged));
    }
    for (size_t n = 0; n < sections[s].bytes.size(); ++n) {
      auto cut = sections;
      cut[s].bytes.resize(n);
      (void)read_all(assemble(cut));
    }
  }
}

TEST(Container, UnknownSectionsAreSkippedOnlyIfTheyMayBe) {
  auto sections = sections_of(small_file());
  const RawSection unknown{(uint64_t{77} << 2) | kSectionMaySkip, std::vector<std::byte>(5)};
  sections.insert(sections.begin() + 1, unknown);
  EXPECT_TRUE(read_all(assemble(sections)).ok());
  EXPECT_TRUE(read_all(assemble(sections, 1, 9)).ok());  // a newer minor version
  sections[1].tag &= ~kSectionMaySkip;
  EXPECT_EQ(read_all(assemble(sections)).code(), Code::unsupported);
  EXPECT_EQ(read_all(assemble(sections_of(small_file()), 2)).code(), Code::unsupported);  // another major version
}

TEST(Container, MissingOrDoubledSectionsAreErrors) {
  const auto sections = sections_of(small_file());
  for (size_t s = 0; s < sections.size(); ++s) {
    auto fewer = sections, more = sections;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(s));
    more.push_back(sections[s]);
    EXPECT_EQ(read_all(assemble(fewer)).code(), Code::corrupt) << s;
    EXPECT_EQ(read_all(assemble(more)).code(), Code::corrupt) << s;
  }
}

TEST(Container, MemoryIsBounded) {
  // A gigabyte of zeros is a few bytes in the file; whoever allows less gets an error and no allocation.
  StoredTensor zeros;
  zeros.dtype = zeros.stored = DType::f32;
  zeros.shape = {1 << 20};
  const std::vector<std::byte> elements(4 << 20);
  const std::vector<CodedTensor> tensors = {code_tensor(zeros, {}, elements, nullptr, nullptr)};
  const auto bytes = write_pare({}, tensors);
  EXPECT_LT(bytes.size(), 100U);
  EXPECT_EQ(read_all(bytes, 1 << 20).code(), Code::limit);
  EXPECT_TRUE(read_all(bytes, 5 << 20).ok());
}

TEST(Container, OtherFilesAreNamedAsSuch) {
  const std::string_view text = "hello, this is a text file";
  EXPECT_FALSE(looks_like_pare(std::as_bytes(std::span(text))));
  EXPECT_EQ(PareFile::open(std::as_bytes(std::span(text)), kBudget).status().code(), Code::invalid);
  EXPECT_EQ(PareFile::open({}, kBudget).status().code(), Code::invalid);
}

TEST(Container, ForcedCodecIsUsedWhereItCan) {
  StoredTensor t;
  t.dtype = t.stored = DType::f32;
  t.shape = {2};
  const std::vector<std::byte> elements(8);
  EXPECT_EQ(code_tensor(t, {}, elements, nullptr, find_encoder("raw")).record.codec, find_encoder("raw")->id);
  EXPECT_NE(code_tensor(t, {}, elements, nullptr, find_encoder("bitpack")).record.codec,
            find_encoder("bitpack")->id);  // floats
}

}  // namespace
}  // namespace pare
