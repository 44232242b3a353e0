// Bytes ("symbols") by range asymmetric numeral systems (rANS) with static tables: the table is chosen by the class of
// the symbol before. The sequence is cut into parts of equal length, one per stream, whose states take turns in one
// string of 32-bit words: the decoder has independent chains of work, and each still knows the symbol before. A state
// takes or gives a word at most once in two symbols.
//
// Description (bit string): symbols - 1 (8 bits), one more than the highest symbol. Nothing follows for one symbol.
// Else classes - 1 (3 bits), for each class but the first a threshold (8 bits, rising, above 0); the class of a symbol
// is the number of thresholds that are at most the symbol; the class at the start of a stream is 0. Then for each class
// its frequencies: `fine` (2 bits), and for each symbol, with v coded as gamma((v >> fine) + 1) and `fine` plain bits:
//   v = 0: gamma(k), k symbols that do not occur | v = 1 + zigzag(step - last), a symbol of frequency step `step`,
// last being the step of the latest symbol that occurs, 0 at first. Steps are quarter octaves: frequency_weight().
//
// Data: the state of each stream (7 bytes), then u32 words, the first needed first.
//
// Sources: J. Duda, "Asymmetric numeral systems", arXiv:0902.0271 (2009); F. Giesen, "Interleaved entropy coders",
// arXiv:1402.3392 (2014).
//
// rans.h is the other rANS here: 32-bit states renormalized by 16 bits at every symbol, one per vector lane, with
// frequencies that follow from slopes. Only the formula of a step, Duda's, is common to both.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "format/bits.h"
#include "format/bytes.h"
#include "format/status.h"

namespace pare {

struct SymbolRans {
  static constexpr unsigned kBits = 12;  // of a frequency: those of a class sum to 2^12
  static constexpr uint32_t kScale = 1U << kBits;
  static constexpr unsigned kLowestBits = 24, kWordBits = 32;  // states lie in [2^24, 2^56)
  static constexpr uint64_t kLowest = uint64_t{1} << kLowestBits;
  static constexpr size_t kStateBytes = (kLowestBits + kWordBits) / 8;
  static constexpr size_t kMostSymbols = 256, kMostClasses = 8;
  static constexpr unsigned kMostStep = 160;
  static constexpr size_t kManyStreams = 4, kManyFrom = 2048;

  // A state costs about 5 bytes, so short sequences have one. Stream s has the symbols [s * each, (s + 1) * each); the
  // last stream also those that remain. Streams take turns of two symbols each.
  static constexpr size_t streams(size_t count) { return count < kManyFrom ? 1 : kManyStreams; }
  static constexpr size_t each(size_t count) { return count / streams(count) / 2 * 2; }
  static constexpr uint64_t frequency_weight(unsigned step) {
    return step == 0 ? 0 : uint64_t{4 + (step - 1) % 4} << ((step - 1) / 4);
  }
  // 1 + floor(weight * (2^12 - present) / sum) for each symbol that occurs; what is left goes to the first of those
  // with the largest weight. At least one step is not 0.
  static void frequencies(std::span<const uint8_t> steps, std::span<uint16_t> out) {
    uint64_t sum = 0, present = 0;
    size_t largest = 0;
    for (size_t s = 0; s < steps.size(); ++s) {
      sum += frequency_weight(steps[s]);
      present += steps[s] != 0;
      if (steps[s] > steps[largest]) largest = s;
    }
    uint64_t left = kScale;
    for (size_t s = 0; s < steps.size(); ++s) {
      out[s] = steps[s] == 0 ? uint16_t{0}
                             : static_cast<uint16_t>(1 + frequency_weight(steps[s]) * (kScale - present) / sum);
      left -= out[s];
    }
    out[largest] = static_cast<uint16_t>(out[largest] + left);
  }
};

// Takes at most 8 * 8192 bytes, whatever is read.
class SymbolDecoder {
 public:
  Status read(BitReader& bits);
  size_t symbols() const { return symbols_; }  // every decoded symbol is less
  // Takes what it reads off the front of `in`.
  Status decode(std::span<const std::byte>& in, std::span<uint8_t> out) const;

 private:
  // Of a class: the symbol of each slot, and where each symbol's slots lie. Numbers are as wide as a state, so that a
  // step takes them from memory as they are.
  struct Table {
    std::array<uint8_t, SymbolRans::kScale> symbols;
    std::array<uint64_t, SymbolRans::kMostSymbols> frequencies, starts;
  };
  template <size_t kStreams>
  Status decode_streams(std::span<const std::byte>& in, std::span<uint8_t> out) const;
  static Status read_steps(BitReader& bits, std::span<uint8_t> steps);
  static void build_table(std::span<const uint8_t> steps, Table& table);

  size_t symbols_ = 0;
  std::unique_ptr<Table[]> tables_;  // one per class
  std::array<uint8_t, SymbolRans::kMostSymbols> class_after_{};
};

}  // namespace pare
