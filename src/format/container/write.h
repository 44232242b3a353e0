// Writes .pare files: the other side of read.h. The runtime does not link it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "format/container/layout.h"

namespace pare {

// Coded parts of one tensor, in the order of StoredTensor::parts, which has their lengths.
struct CodedTensor {
  StoredTensor record;
  std::vector<std::vector<std::byte>> parts;
};

// Codes one tensor in pieces that may be worked on at the same time, whatever the order: estimate every chunk, choose,
// encode every chunk, finish. The bytes are the same for any order.
class TensorCoder {
 public:
  // `forced` codes the elements if it supports them, else the codec whose estimates sum up to the least.
  // record.dtype, stored, shape and grid are set by the caller; levels for a grid, else elements. Both outlive the
  // coder.
  TensorCoder(StoredTensor record, std::span<const int32_t> levels, std::span<const std::byte> elements,
              const BitMask* mask, const Encoder* forced);
  size_t chunks() const { return chunks_.count + (mask_ ? mask_chunks_.count : 0); }
  void estimate(size_t chunk);
  void choose();
  void encode(size_t chunk);
  CodedTensor finish();

 private:
  struct Input {
    TensorInfo info;
    std::span<const int32_t> levels;
    std::span<const std::byte> elements;
  };
  Input input(size_t chunk, std::vector<int32_t>& mask_levels) const;
  const Encoder& choose(size_t first, size_t count, const Encoder* forced) const;

  CodedTensor coded_;
  TensorInfo info_;
  std::span<const int32_t> levels_;
  std::span<const std::byte> elements_;
  const BitMask* mask_;
  const Encoder* forced_;
  const Encoder *encoder_ = nullptr, *mask_encoder_ = nullptr;
  Chunks chunks_, mask_chunks_;
  size_t first_part_ = 0;                         // of the chunks
  std::vector<std::vector<uint64_t>> estimates_;  // per chunk and encoder; bits
};

CodedTensor code_tensor(StoredTensor record, std::span<const int32_t> levels, std::span<const std::byte> elements,
                        const BitMask* mask, const Encoder* forced);

// A whole file as pieces in order; `tensors` must outlive it.
class FileParts {
 public:
  // Links in `graph` (values, tensors) must be in range.
  FileParts(const StoredGraph& graph, std::span<const CodedTensor> tensors);
  std::vector<std::span<const std::byte>> spans() const;
  std::vector<std::byte> joined() const;
  uint64_t structure_bytes() const { return structure_.size(); }
  uint64_t bytes() const { return bytes_; }

 private:
  using Checksum = std::array<std::byte, kChecksumBytes>;
  struct Piece {
    std::span<const std::byte> part;
    std::optional<Checksum> checksum;  // of the section that this part ends
  };
  std::vector<std::byte> structure_;  // and what comes before it
  std::vector<Piece> pieces_;
  uint64_t bytes_ = 0;
};
std::vector<std::byte> write_pare(const StoredGraph& graph, std::span<const CodedTensor> tensors);

}  // namespace pare
