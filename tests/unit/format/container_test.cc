#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "format/bytes.h"
#include "format/checksum.h"
#include "format/container/read.h"
#include "format/container/structure_code.h"
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

// A file taken apart: the structure as fields, and what lies behind it.
struct Pieces {
  std::vector<std::byte> structure, rest;
};
Pieces pieces_of(std::span<const std::byte> file) {
  ByteReader in(file);
  (void)in.bytes(kMagic.size() + 1);
  const uint64_t length = in.varint(), size = in.varint();
  const auto coded = in.bytes(length);
  (void)in.number<uint32_t>();
  Pieces pieces;
  pieces.structure.assign(coded.begin(), coded.end());
  if (size & 1) {
    pieces.structure.resize(size >> 1);
    EXPECT_TRUE(decode_structure(coded, pieces.structure).ok());
  }
  const auto rest = in.bytes(in.remaining());
  pieces.rest.assign(rest.begin(), rest.end());
  return pieces;
}
// The same with a right checksum of the structure.
std::vector<std::byte> assemble(const Pieces& pieces, uint8_t version = kVersion) {
  std::vector<std::byte> file;
  ByteWriter out(file);
  out.bytes(std::as_bytes(std::span(kMagic)));
  out.number(version);
  out.varint(pieces.structure.size());
  out.varint(pieces.structure.size() << 1);
  out.bytes(pieces.structure);
  out.number(crc32c(file));
  out.bytes(pieces.rest);
  return file;
}
// For a file whose tensors are in one section.
void correct_checksum(Pieces& pieces) {
  const auto section = std::span(pieces.rest).first(pieces.rest.size() - kChecksumBytes);
  const uint32_t checksum = crc32c(section);
  std::memcpy(pieces.rest.data() + section.size(), &checksum, kChecksumBytes);
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
  const Pieces whole = pieces_of(small_file(true));
  ASSERT_TRUE(read_all(assemble(whole)).ok());
  for (size_t bit = 0; bit < whole.structure.size() * 8; ++bit) {
    Pieces damaged = whole;
    damaged.structure[bit / 8] ^= std::byte{1} << (bit % 8);
    (void)read_all(assemble(damaged));
  }
  for (size_t n = 0; n < whole.structure.size(); ++n) {
    Pieces cut = whole;
    cut.structure.resize(n);
    EXPECT_FALSE(read_all(assemble(cut)).ok()) << n;
  }
  for (size_t bit = 0; bit < (whole.rest.size() - kChecksumBytes) * 8; ++bit) {
    Pieces damaged = whole;
    damaged.rest[bit / 8] ^= std::byte{1} << (bit % 8);
    correct_checksum(damaged);
    (void)read_all(assemble(damaged));
  }
}

TEST(Container, StructureThatIsTooShortOrTooLongIsAnError) {
  const auto file = small_file();
  ByteReader in(file);
  (void)in.bytes(kMagic.size() + 1);
  const uint64_t length = in.varint(), size = in.varint();
  const auto coded = in.bytes(length);
  std::vector<std::byte> out(size >> 1);
  for (size_t n = 0; n + 4 < coded.size(); ++n) (void)decode_structure(coded.first(n), out);
  EXPECT_FALSE(decode_structure(coded.first(coded.size() / 2), out).ok());
  std::vector<std::byte> longer(coded.begin(), coded.end());
  longer.resize(longer.size() + 9, std::byte{0x55});
  EXPECT_EQ(decode_structure(longer, out).code(), Code::corrupt);
}

TEST(Container, StructureThatGrowsTooMuchIsRefusedBeforeItIsDecoded) {
  std::vector<std::byte> file;
  ByteWriter out(file);
  out.bytes(std::as_bytes(std::span(kMagic)));
  out.number(kVersion);
  out.varint(2);
  out.varint((uint64_t{1} << 40) << 1 | 1);
  out.number(uint16_t{0});
  out.number(crc32c(file));
  EXPECT_EQ(read_all(file).code(), Code::corrupt);
}

TEST(Container, SectionsThatAreNotKnownAreSkippedOnlyIfTheyMayBe) {
  const Pieces whole = pieces_of(small_file());
  ASSERT_EQ(whole.structure.at(0), std::byte{0});  // a list without items
  auto with_another = [&](uint8_t tag) {
    Pieces more = whole;
    more.structure[0] = std::byte{1};
    const std::byte entry[] = {std::byte{tag}, std::byte{5}};
    more.structure.insert(more.structure.begin() + 1, std::begin(entry), std::end(entry));
    more.rest.resize(more.rest.size() + 5);
    return more;
  };
  EXPECT_TRUE(read_all(assemble(with_another((54 << 1) | kMaySkip))).ok());
  EXPECT_EQ(read_all(assemble(with_another(76))).code(), Code::unsupported);
  EXPECT_EQ(read_all(assemble(whole, kVersion + 1)).code(), Code::unsupported);
}

TEST(Container, LyingLengthsAreErrors) {
  // The last part's length is the last byte but those of the list of tensors that nothing names.
  const Pieces whole = pieces_of(small_file());
  for (const int by : {-1, 1, 100}) {
    for (size_t at = 0; at < whole.structure.size(); ++at) {
      Pieces lying = whole;
      lying.structure[at] = static_cast<std::byte>(static_cast<int>(lying.structure[at]) + by);
      (void)read_all(assemble(lying));
    }
    Pieces longer = whole;
    longer.rest.resize(static_cast<size_t>(static_cast<int>(longer.rest.size()) + by));
    EXPECT_FALSE(read_all(assemble(longer)).ok());
  }
}

TEST(Container, SmallTensorsShareSectionsAndAreReadAlone) {
  std::vector<CodedTensor> tensors;
  StoredTensor t;
  t.dtype = t.stored = DType::u8;
  t.shape = {1000};
  for (int i = 0; i < 200; ++i) {
    std::vector<std::byte> elements(1000);
    for (size_t k = 0; k < elements.size(); ++k) elements[k] = static_cast<std::byte>(k * 7 + static_cast<size_t>(i));
    tensors.push_back(code_tensor(t, {}, elements, nullptr, find_encoder("raw")));
  }
  auto file = write_pare({}, tensors);
  EXPECT_LT(file.size(), 200 * 1000 + 1000U);
  file[file.size() - 10] ^= std::byte{1};  // in the last section
  const auto opened = PareFile::open(file, uint64_t{1} << 20);
  ASSERT_TRUE(opened.ok());
  uint64_t budget = uint64_t{1} << 20;
  EXPECT_TRUE(opened.value().read_tensor(0, budget).ok());
  const auto damaged = opened.value().read_tensor(199, budget);
  EXPECT_EQ(damaged.status().code(), Code::corrupt);
  EXPECT_GT(damaged.status().at(), 100000U);  // says where
}

TEST(Container, LargeTensorsAreCutIntoChunksThatAreDecodedInAnyOrder) {
  const auto most = static_cast<int64_t>(kChunkElements);
  for (const Shape& shape : {Shape{7, most / 3, 1}, Shape{2, most + 5}, Shape{most * 2 + 1}}) {
    StoredTensor t;
    t.dtype = t.stored = DType::f32;
    t.shape = shape;
    t.grid.emplace();
    t.grid->bits = 4;
    t.grid->scale = {1};
    std::vector<int32_t> levels(static_cast<size_t>(*element_count(shape)));
    BitMask mask(levels.size());
    for (size_t i = 0; i < levels.size(); ++i) {
      levels[i] = static_cast<int32_t>(i % 13) - 6;
      mask.set(i, i % 5 != 0);
    }
    const std::vector<CodedTensor> tensors = {code_tensor(t, levels, {}, &mask, find_encoder("bitpack"))};
    EXPECT_GT(tensors[0].parts.size(), 4U);
    const auto bytes = write_pare({}, tensors);
    const auto file = PareFile::open(bytes, uint64_t{1} << 30);
    ASSERT_TRUE(file.ok()) << file.status().what();
    uint64_t budget = uint64_t{1} << 30;
    auto reader = file.value().start(0, budget);
    ASSERT_TRUE(reader.ok()) << reader.status().what();
    for (size_t chunk = reader->chunks(); chunk-- > 0;) EXPECT_TRUE(reader->decode(chunk).ok());
    const auto decoded = reader->finish();
    ASSERT_TRUE(decoded.ok());
    EXPECT_TRUE(std::ranges::equal(decoded.value().levels->view<int32_t>(), levels));
    EXPECT_EQ(decoded.value().mask, mask);
  }
}

TEST(Container, CoderGivesTheSameBytesInAnyOrder) {
  StoredTensor t;
  t.dtype = t.stored = DType::f32;
  t.shape = {3, static_cast<int64_t>(kChunkElements)};
  std::vector<std::byte> elements(4 * static_cast<size_t>(*element_count(t.shape)));
  for (size_t i = 0; i < elements.size(); i += 4096) elements[i] = static_cast<std::byte>(i >> 12);
  TensorCoder coder(t, {}, elements, nullptr, nullptr);
  for (size_t chunk = coder.chunks(); chunk-- > 0;) coder.estimate(chunk);
  coder.choose();
  for (size_t chunk = coder.chunks(); chunk-- > 0;) coder.encode(chunk);
  const CodedTensor backwards = coder.finish(), forwards = code_tensor(t, {}, elements, nullptr, nullptr);
  EXPECT_EQ(backwards.parts, forwards.parts);
  EXPECT_EQ(backwards.record.codec, forwards.record.codec);
}

// tests/golden/example.pare.
constexpr uint8_t kVersion1File[] = {
    0x89, 0x50, 0x41, 0x52, 0x45, 0x0A, 0x01, 0x00, 0x12, 0x06, 0x20, 0x5A, 0x43, 0x45, 0x8B, 0x0A, 0x0C,
    0x22, 0x6A, 0x32, 0xEF, 0x0C, 0x08, 0xD6, 0x6A, 0x4C, 0x83, 0x6D, 0x0A, 0x1A, 0x4C, 0x37, 0x12, 0x01,
    0xC8, 0xE9, 0xD9, 0x79, 0xFE, 0x09, 0xE1, 0x00, 0x00, 0x2B, 0x8E, 0x96, 0x3B, 0x86, 0x47, 0xE0, 0x72,
    0xED, 0xD2, 0x3B, 0x96, 0x47, 0xA1, 0xA3, 0xB9, 0x84, 0x78, 0x47, 0x80, 0x0F, 0x18, 0x61, 0xCA, 0xF4,
    0x31, 0x43, 0x3B, 0x57, 0x15, 0x7F, 0xC0, 0x0F, 0x04, 0x88, 0xB8, 0x08, 0x88, 0x8F, 0x88,
};

TEST(Container, Version1StaysReadable) {
  auto bytes = std::vector<std::byte>(std::size(kVersion1File));
  std::memcpy(bytes.data(), kVersion1File, bytes.size());
  const auto file = PareFile::open(bytes, kBudget);
  ASSERT_TRUE(file.ok()) << file.status().what();
  EXPECT_EQ(file.value().version(), 1U);
  EXPECT_EQ(file.value().graph().nodes.at(0).inputs, (std::vector<int64_t>{0, 1}));
  uint64_t budget = kBudget;
  const auto w = file.value().read_tensor(0, budget);
  ASSERT_TRUE(w.ok()) << w.status().what();
  EXPECT_EQ(w.value().tensor.view<float>()[9], 3.5F);
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(read_all(std::span(bytes).first(n)).ok()) << n;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(read_all(bytes).ok()) << "byte " << bit / 8 << " bit " << bit % 8;
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
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
