// The writing side of symbol_rans.h: counts symbols, chooses classes and frequencies.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "format/codec/fixed_log2.h"
#include "format/codec/symbol_rans.h"

namespace pare {

// How often each occurs.
std::array<uint32_t, SymbolRans::kMostSymbols> count_symbols(std::span<const uint8_t> symbols);

// Bits that `counts` symbols take at their entropy, rounded up.
uint64_t entropy_bits(std::span<const uint32_t> counts);

class SymbolEncoder {
 public:
  SymbolEncoder() = default;
  // `use_classes`: symbols depend on the symbol before, where that pays.
  SymbolEncoder(std::span<const uint8_t> symbols, bool use_classes);

  uint64_t bits() const { return description_bits_ + data_bits_; }  // data within a few bits
  void write_description(BitWriter& out) const;
  void encode(std::span<const uint8_t> symbols, std::vector<std::byte>& out) const;  // those that were counted

 private:
  struct Class {
    std::array<uint8_t, SymbolRans::kMostSymbols> steps{};
    std::array<uint16_t, SymbolRans::kMostSymbols> frequencies{}, starts{};
    unsigned fine = 0;
  };
  void add_class(std::span<const uint32_t> counts);

  size_t symbols_ = 1;
  std::vector<Class> classes_;
  std::vector<uint8_t> thresholds_;
  std::array<uint8_t, SymbolRans::kMostSymbols> class_of_{};
  uint64_t description_bits_ = 8, data_bits_ = 0;
};

}  // namespace pare
