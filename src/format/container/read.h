// Reads .pare files: standard library only, no exceptions, memory bounded by a budget. Opening reads the table of
// contents; each tensor is decoded when it is asked for, alone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "format/container/layout.h"
#include "format/status.h"

namespace pare {

struct Section {
  SectionKind kind;
  bool compressed = false;
  uint32_t checksum = 0;
  uint64_t offset = 0, length = 0;  // in the file
};

struct DecodedTensor {
  Tensor tensor;                 // the elements; dequantized when there are levels
  std::optional<Tensor> levels;  // i32
  std::optional<BitMask> mask;
};

bool looks_like_pare(std::span<const std::byte> bytes);

class PareFile {
 public:
  // `bytes` must outlive the file. `max_bytes` bounds what graph, records and each read_tensor call may take in memory.
  static Result<PareFile> open(std::span<const std::byte> bytes, uint64_t max_bytes);

  const StoredGraph& graph() const { return graph_; }
  const std::vector<StoredTensor>& tensors() const { return tensors_; }
  // Bytes of the file that the elements (and mask) of this tensor take.
  uint64_t payload_bytes(size_t tensor) const;
  // Shared by several calls, the budget bounds them together. Needs tensor < tensors().size().
  Result<DecodedTensor> read_tensor(size_t tensor, uint64_t& budget) const;
  uint64_t max_bytes() const { return max_bytes_; }

 private:
  Status read_contents();
  Status read_structs(const Section& section, uint64_t& budget);
  Result<std::span<const std::byte>> checked(const Section& section) const;

  std::span<const std::byte> bytes_;
  uint64_t max_bytes_ = 0;
  std::vector<Section> sections_;  // graph and tensors
  std::vector<Section> payloads_;
  std::vector<size_t> first_payload_;  // per tensor
  StoredGraph graph_;
  std::vector<StoredTensor> tensors_;
};

// What a codec is told about the payload of a tensor. Shared by both sides.
TensorInfo payload_info(const StoredTensor& tensor);
TensorInfo mask_info(const StoredTensor& tensor);

}  // namespace pare
