// Graph -> .pare bytes and back. Lossless: nodes, names, metadata, tensors bit for bit, grids and levels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/graph.h"
#include "core/progress.h"
#include "format/codec/codec.h"

namespace pare {

struct PackOptions {
  std::string codec = "auto";  // or a codec's name: forced for every tensor it supports
  bool strip = false;          // leave out names, doc strings and foreign metadata (I/O names and pare.* stay)
  bool keep_masks = false;     // store masks explicitly (checkpoints); without, pruned elements are zeros
};
struct PackedTensor {
  std::string name;  // may be empty when stripped
  DType dtype;
  Shape shape;
  std::string codec;
  double bits = 32;    // of the grid
  uint64_t bytes = 0;  // payload with codebook and scales
};
struct PackSummary {
  uint64_t bytes = 0;        // of the whole file
  uint64_t graph_bytes = 0;  // everything that is not tensor payload
  std::vector<PackedTensor> tensors;
};
// The codec of a name that a user gave; Error(invalid) with the nearest one.
const Encoder& encoder_named(const std::string& name);
std::vector<std::byte> pack(const Graph& graph, const PackOptions& options = {}, PackSummary* summary = nullptr);
Graph unpack(std::span<const std::byte> bytes, const std::string& name, uint64_t max_bytes = uint64_t{8} << 30);
// The table of contents only: no tensor is decoded.
PackSummary inspect_pare(std::span<const std::byte> bytes, const std::string& name,
                         Graph* graph_without_tensors = nullptr);

}  // namespace pare
