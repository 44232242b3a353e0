#include "core/random.h"

#include <bit>
#include <cmath>
#include <numbers>

namespace pare {
namespace {

uint64_t finalize(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}
constexpr uint64_t kGolden = 0x9e3779b97f4a7c15u;

}  // namespace

uint64_t mix(std::initializer_list<uint64_t> keys) {
  uint64_t state = kGolden * (keys.size() + 1);
  for (const uint64_t key : keys) state = finalize(state ^ finalize(key + kGolden)) + kGolden;
  return finalize(state);
}

uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) word = finalize(seed += kGolden);
}

uint64_t Random::next() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

uint64_t Random::below(uint64_t n) {
  const uint64_t threshold = (0 - n) % n;  // 2^64 mod n: draws below it would favour small results
  uint64_t draw = next();
  while (draw < threshold) draw = next();
  return draw % n;
}

double Random::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

}  // namespace pare
