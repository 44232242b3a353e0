// Shapes whose dimensions may be symbols (a dynamic batch), with the little arithmetic that shape chains need.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pare {

using Shape = std::vector<int64_t>;  // all dimensions known, each >= 0

// factor * symbol. Symbol 0 stands for 1, so a known size n is {n, 0}. Symbols are numbered per graph
// (Graph::symbols holds their names). Products of two different symbols get a fresh symbol.
struct Dim {
  int64_t factor = 0;
  uint32_t symbol = 0;

  constexpr Dim() = default;
  constexpr Dim(int64_t n) : factor(n) {}  // NOLINT(google-explicit-constructor)
  constexpr Dim(int64_t n, uint32_t s) : factor(n), symbol(n == 0 ? 0 : s) {}
  constexpr bool known() const { return symbol == 0; }
  friend constexpr bool operator==(const Dim&, const Dim&) = default;
};
using Dims = std::vector<Dim>;

// Hands out symbols that were not used before.
class Symbols {
 public:
  explicit Symbols(uint32_t next = 1) : next_(next) {}
  uint32_t fresh() { return next_++; }
  uint32_t next() const { return next_; }

 private:
  uint32_t next_;
};

// Number of elements; nothing when it does not fit 62 bits or a dimension is negative.
std::optional<int64_t> element_count(std::span<const int64_t> shape);
// All dimensions known: the plain shape, else nothing.
std::optional<Shape> known_shape(const Dims& dims);
Dims to_dims(std::span<const int64_t> shape);

// Overflow-checked arithmetic on dimensions. What cannot be expressed becomes a fresh symbol.
std::optional<int64_t> checked_mul(int64_t a, int64_t b);
std::optional<int64_t> checked_add(int64_t a, int64_t b);
Dim multiply(Dim a, Dim b, Symbols& symbols);
Dim divide(Dim a, Dim b, Symbols& symbols);  // exact or floor division of known sizes
Dim add(Dim a, Dim b, Symbols& symbols);
Dim subtract(Dim a, Dim b, Symbols& symbols);

}  // namespace pare
