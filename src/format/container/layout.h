// What a .pare file holds, as plain structs, and how each is laid out: one `fields` function per struct serves reading
// and writing. docs/formats.md is the normative text. Non-goal: meaning; core/pack maps these to and from a Graph.
#pragma once

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

inline constexpr std::array<uint8_t, 6> kMagic = {0x89, 'P', 'A', 'R', 'E', '\n'};
inline constexpr uint8_t kMajorVersion = 1;  // a reader refuses another one
inline constexpr uint8_t kMinorVersion = 0;  // larger ones only add what may be skipped

enum class SectionKind : uint8_t {
  graph = 1,    // nodes, values, names
  tensors = 2,  // what is stored of each tensor, but for its elements
  payload = 3,  // coded elements of one tensor, or a mask; in the order of the tensor records
};
inline constexpr uint64_t kSectionMaySkip = 1;  // flags in the table of contents
inline constexpr uint64_t kSectionCompressed = 2;
inline constexpr uint64_t kMostInflation = 16;  // a compressed section grows at most by this factor

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
  std::optional<Grid> grid;  // set: the payload holds levels
  CodecId codec = 0;
  std::optional<CodecId> wanted_codec;
  std::optional<CodecId> mask_codec;  // set: the next payload section is the mask
};

}  // namespace pare
