// Reproducible randomness: every stream is a function of (seed, keys...), so nothing about it needs to be stored
// in a checkpoint and no order of threads can change it. Same numbers on every machine and library.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace pare {

// Mixes keys into one 64-bit seed (splitmix64 finalizer).
uint64_t mix(std::initializer_list<uint64_t> keys);
uint64_t hash_of(std::string_view text);  // FNV-1a, for keys that are names

// xoshiro256++ (Blackman and Vigna, public domain), seeded by splitmix64.
class Random {
 public:
  explicit Random(uint64_t seed);
  Random(std::initializer_list<uint64_t> keys) : Random(mix(keys)) {}
  uint64_t next();
  double uniform();  // [0, 1)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  uint64_t below(uint64_t n);  // [0, n), unbiased; n > 0
  double normal();             // mean 0, variance 1 (Box-Muller)
  template <class T>
  void shuffle(std::span<T> items) {  // Fisher-Yates
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  uint64_t state_[4];
};

}  // namespace pare
