// Reads .pare files: standard library only, no exceptions, memory bounded by a budget. Opening reads the structure
// (graph and tensor records) and no element; each tensor is decoded when it is asked for, alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "format/container/layout.h"
#include "format/status.h"

namespace pare {

struct DecodedTensor {
  Tensor tensor;                 // the elements; dequantized when there are levels
  std::optional<Grid> grid;      // with its lists
  std::optional<Tensor> levels;  // i32
  std::optional<BitMask> mask;
};

bool looks_like_pare(std::span<const std::byte> bytes);

class TensorReader;

class PareFile {
 public:
  // `bytes` must outlive the file. `max_bytes` bounds what the structure and each read_tensor call may take in memory.
  static Result<PareFile> open(std::span<const std::byte> bytes, uint64_t max_bytes);

  unsigned version() const { return version_; }
  const StoredGraph& graph() const { return structure_.graph; }
  const std::vector<StoredTensor>& tensors() const { return structure_.tensors; }
  uint64_t structure_bytes() const { return structure_bytes_; }  // of graph and tensor records, as they lie in the file

  // Shared by several calls, the budget bounds them together. Needs tensor < tensors().size().
  Result<DecodedTensor> read_tensor(size_t tensor, uint64_t& budget) const;
  // The same in pieces that may be decoded at the same time. The reader must not outlive the file.
  Result<TensorReader> start(size_t tensor, uint64_t& budget) const;
  uint64_t max_bytes() const { return max_bytes_; }

 private:
  friend class TensorReader;
  struct Section {
    uint64_t offset = 0, length = 0, checksum_at = 0;  // all in the file
  };
  struct Part {
    uint64_t offset = 0, length = 0;
    uint32_t section = 0;
  };
  Status read_version1(uint64_t& budget);
  Status read_version2(uint64_t& budget);
  Status place_parts(uint64_t offset, uint64_t& budget);
  Status check_records() const;
  Status check(const Section& section) const;
  Result<std::span<const std::byte>> part(size_t index) const;  // after its section was checked

  std::span<const std::byte> bytes_;
  uint64_t max_bytes_ = 0;
  unsigned version_ = 0;
  uint64_t structure_bytes_ = 0;
  Structure structure_;
  std::vector<Section> sections_;
  std::vector<Part> parts_;
  std::vector<size_t> first_part_;                // per tensor
  std::unique_ptr<std::atomic<bool>[]> checked_;  // per section: its checksum holds
};

// One tensor on its way: its memory is there, its chunks are decoded in any order, also at the same time.
class TensorReader {
 public:
  size_t chunks() const { return first_mask_chunk_ + mask_chunks_.count * (has_mask_ ? 1 : 0); }
  Status decode(size_t chunk);
  Result<DecodedTensor> finish();  // after all chunks

 private:
  friend class PareFile;
  Status decode_elements(size_t chunk, std::span<const std::byte> in, uint64_t offset);
  Status decode_mask(size_t chunk, std::span<const std::byte> in, uint64_t offset);

  const PareFile* file_ = nullptr;
  const StoredTensor* stored_ = nullptr;
  size_t first_part_ = 0;  // of the chunks
  Chunks chunks_, mask_chunks_;
  size_t first_mask_chunk_ = 0;
  bool has_mask_ = false;
  TensorInfo info_;
  DecodedTensor result_;
  std::span<int32_t> levels_;  // where chunks go: one of the two
  std::span<std::byte> elements_;
};

// What a codec is told about the payload of a tensor whose grid has its lists. Shared by both sides.
TensorInfo payload_info(const StoredTensor& tensor, const std::optional<Grid>& grid);
TensorInfo mask_info(const Shape& shape);

}  // namespace pare
