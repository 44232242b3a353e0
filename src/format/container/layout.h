// What a .pare file holds, as plain structs, and how each is laid out: one `fields` function per struct serves reading
// and writing. docs/formats.md is the normative text. Non-goal: meaning; core/pack maps these to and from a Graph.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "format/attributes.h"
#include "format/codec/codec.h"
#include "format/grid.h"
#include "format/shape.h"

namespace pare {

inline constexpr std::array<uint8_t, 5> kMagic = {0x89, 'P', 'A', 'R', 'E'};
// The byte after the magic says how to go on: version 1 has a line feed there, then its number and a minor one.
inline constexpr uint8_t kVersion = 2, kVersion1Mark = '\n';

// Chunks and sections (docs/formats.md, section 2.3): a tensor of more elements is cut, and small parts share a
// section.
inline constexpr uint64_t kChunkElements = uint64_t{1} << 21;
inline constexpr uint64_t kSectionBytes = uint64_t{1} << 16;
inline constexpr size_t kChecksumBytes = 4;
// Coded, the structure grows at most by this factor and this much more.
inline constexpr uint64_t kMostInflation = 64, kFreeInflation = uint64_t{1} << 16;
inline constexpr uint64_t kMaySkip = 1;  // flag in the tag of a section that readers may not know

inline constexpr int64_t kNoTensor = -1;

struct StoredAttribute {
  std::string name;
  AttributeValue value;        // an empty Tensor when `tensor` is set
  int64_t tensor = kNoTensor;  // index of the tensor record that holds it
};

struct StoredNode {
  uint64_t op = 0;                                 // number in op_list.def; 0: only `type` says it
  std::string type, domain, name, doc;             // type is empty when it is the ONNX name of `op`
  std::vector<int64_t> inputs, outputs, captured;  // indices of values, -1 for absent ones
  std::vector<StoredAttribute> attributes;
  uint64_t version = 0;  // opset of an op we do not know, where that is not the graph's
};

struct StoredValue {
  std::string name;
  DType dtype = DType::none, source_dtype = DType::none;
  std::optional<Dims> dims;
  bool dims_of_tensor = false;  // dims are the shape of its tensor and not written
  bool trainable = false;
  int64_t tensor = kNoTensor;
  std::optional<Grid> activation_grid;
};

struct StoredOpset {
  std::string domain;
  int64_t version = 0;
};
struct StoredText {
  std::string key, value;
};
struct StoredSymbol {
  uint64_t number = 0;
  std::string name;
};

struct StoredGraph {
  std::vector<StoredNode> nodes;
  std::vector<StoredValue> values;
  std::vector<int64_t> inputs, outputs;
  std::vector<StoredSymbol> symbols;
  uint64_t next_symbol = 1;
  int64_t ir_version = 0, model_version = 0;
  std::vector<StoredOpset> opsets;
  std::string producer_name, producer_version, domain, doc, graph_name, graph_doc;
  std::vector<StoredText> metadata;
};

struct StoredTensor {
  DType dtype = DType::none;   // of the tensor
  DType stored = DType::none;  // of the elements in the payload: a narrower float that holds all of them, or dtype
  Shape shape;
  std::optional<Grid> grid;  // set: the payload holds levels. As read from version 2 without its lists of values
  uint64_t entries = 0;      // of its codebook
  bool zero_points = false;  // does the grid have them?
  CodecId codec = 0;
  std::optional<CodecId> wanted_codec;
  std::optional<CodecId> mask_codec;  // set: there is a mask
  // Bytes of each part in the file: the lists of the grid (if any), chunks of elements, chunks of the mask (if any).
  // Version 1: the elements in one part, the mask in one.
  std::vector<uint64_t> parts;
};

// A section after those of the tensors. There are none yet; what later versions add may be skipped or not.
struct StoredSection {
  uint64_t tag = 0, length = 0;  // tag: kind * 2 + kMaySkip
};

// All of a file that is not elements: what `inspect` reads.
struct Structure {
  std::vector<StoredSection> others;
  StoredGraph graph;
  std::vector<StoredTensor> tensors;
};

// How the elements of a tensor are cut. Chunk c holds elements [c * step, min((c + 1) * step, size)).
struct Chunks {
  uint64_t size = 0, step = 1, count = 1;
  bool flat = false;  // a row alone is too long: chunks have one axis

  uint64_t begin(uint64_t chunk) const { return chunk * step; }
  uint64_t length(uint64_t chunk) const { return std::min(step, size - begin(chunk)); }
  Shape shape(const Shape& whole, uint64_t chunk) const;
};
Chunks chunks_of(const Shape& shape);  // of a shape that element_count accepts
Shape payload_shape(const StoredTensor& tensor);
// Numbers in the lists of its grid, and what one of them may take in the file: most come close.
uint64_t table_numbers(const StoredTensor& tensor);
inline constexpr uint64_t kBytesOfNumber = 3;
// Parts that version 2 cuts the tensor into.
uint64_t part_count(const StoredTensor& tensor);

// Bytes of the file that a tensor takes, by what its parts hold.
struct PayloadBytes {
  uint64_t tables = 0, elements = 0, mask = 0;  // lists of the grid; version 1 has them in the structure
  uint64_t total() const { return tables + elements + mask; }
};
PayloadBytes payload_bytes(const StoredTensor& tensor, unsigned version = kVersion);

}  // namespace pare
