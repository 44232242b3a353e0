// Predicts the bits of a file's structure (graph and tensor records) from the bytes before them: adaptive
// probabilities in contexts of several lengths, mixed in the logistic domain. It starts from a sample
// (structure_sample.h), so that even a short structure meets a model that has seen one. Integers only: the same on
// every machine. docs/formats.md, section 2.2, is the normative text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pare {

class ByteModel {
 public:
  // `bytes` is how many will be coded: it sets the size of the tables, at most 7 MiB.
  explicit ByteModel(uint64_t bytes);

  // Probability that the next bit is 1, in 1/65536; never certain.
  uint32_t predict();
  void update(uint32_t bit);

 private:
  static constexpr size_t kOrders = 7, kConfidences = 8;
  struct Slot {
    uint16_t probability = 1U << 15;  // that the bit is 1
    uint16_t count = 0;               // of bits seen here, up to a limit
  };
  void end_byte();

  unsigned table_bits_;
  std::vector<Slot> slots_;  // [order][hash]
  std::array<Slot*, kOrders> at_{};
  std::array<uint32_t, kOrders> hash_{};  // of the bytes of each context
  std::array<int32_t, kOrders> stretched_{};
  std::array<int32_t*, kOrders> weight_{};  // the ones in use for this bit
  // By how many contexts were seen before, then for each order by how often its own was.
  std::array<std::array<std::array<int32_t, kConfidences>, kOrders>, kOrders> weights_{};
  uint64_t history_ = 0;  // the last eight bytes
  uint32_t partial_ = 1;  // a one, and the bits of this byte so far
  uint32_t mixed_ = 1U << 15;
};

}  // namespace pare
