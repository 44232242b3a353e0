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

inline constexpr uint64_t kMostUnpackedBytes = uint64_t{8} << 30;  // of memory, unless the caller says otherwise

struct PackOptions {
  std::string codec = "auto";  // or a codec's name: forced for every tensor it supports
  bool strip = false;          // leave out names, doc strings and foreign metadata (I/O names and pare.* stay)
  bool keep_masks = false;     // store masks explicitly (checkpoints); without, pruned elements are zeros
  Progress* progress = nullptr;
};
// Bytes of a file by what they say. They add up to the file.
struct PackedBytes {
  uint64_t levels = 0;    // elements of tensors on a grid
  uint64_t elements = 0;  // of the other ones
  uint64_t tables = 0;    // codebooks, scales and zero points
  uint64_t biases = 0;    // elements and tables of float tensors of one axis
  uint64_t masks = 0;
  uint64_t structure = 0;  // graph, tensor records and preprocessing, with what comes before them
  uint64_t checksums = 0;  // of the sections that hold tensors
};
struct PackedTensor {
  std::string name;  // may be empty when stripped
  DType dtype;
  Shape shape;
  std::string codec;
  double bits = 32;                          // of the grid
  uint64_t bytes = 0;                        // payload with codebook and scales
  uint64_t table_bytes = 0, mask_bytes = 0;  // of them
};
struct PackSummary {
  uint64_t bytes = 0;        // of the whole file
  uint64_t graph_bytes = 0;  // everything that is not tensor payload
  PackedBytes apart;
  std::vector<PackedTensor> tensors;
};
// The codec of a name that a user gave; Error(invalid) with the nearest one.
const Encoder& encoder_named(const std::string& name);
std::vector<std::byte> pack(const Graph& graph, const PackOptions& options = {}, PackSummary* summary = nullptr);
// The same into a file (as write_file does it), without holding the bytes twice.
void pack_file(const Graph& graph, const std::string& path, const PackOptions& options = {},
               PackSummary* summary = nullptr);
Graph unpack(std::span<const std::byte> bytes, const std::string& name, uint64_t max_bytes = kMostUnpackedBytes,
             Progress& progress = Progress::quiet());
// The structure alone is read: no byte of a tensor is touched.
PackSummary inspect_pare(std::span<const std::byte> bytes, const std::string& name,
                         Graph* graph_without_tensors = nullptr);

}  // namespace pare
