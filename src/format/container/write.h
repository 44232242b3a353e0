// Writes .pare files: the other side of read.h. The runtime does not link it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "format/container/layout.h"

namespace pare {

// Coded elements of one tensor, and of its mask when it keeps one.
struct CodedTensor {
  StoredTensor record;
  std::vector<std::byte> payload, mask_payload;
};

// Codes a tensor: with `forced` if that supports it, else with the codec of the smallest estimate.
// record.dtype, stored, shape and grid are set by the caller; levels for a grid, else elements.
CodedTensor code_tensor(StoredTensor record, std::span<const int32_t> levels, std::span<const std::byte> elements,
                        const BitMask* mask, const Encoder* forced);

// The whole file. Links in `graph` (values, tensors) must be in range.
std::vector<std::byte> write_pare(const StoredGraph& graph, std::span<const CodedTensor> tensors);

}  // namespace pare
