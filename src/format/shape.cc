#include "format/shape.h"

namespace pare {

std::optional<int64_t> checked_mul(int64_t a, int64_t b) {
  int64_t r = 0;
  if (__builtin_mul_overflow(a, b, &r)) return std::nullopt;
  return r;
}

std::optional<int64_t> checked_add(int64_t a, int64_t b) {
  int64_t r = 0;
  if (__builtin_add_overflow(a, b, &r)) return std::nullopt;
  return r;
}

std::optional<int64_t> element_count(std::span<const int64_t> shape) {
  int64_t count = 1;
  bool zero = false;
  for (int64_t d : shape) {
    if (d < 0) return std::nullopt;
    if (d == 0) {
      zero = true;
      continue;
    }
    // Also when another dimension is 0: strides of such a shape would overflow.
    const auto next = checked_mul(count, d);
    if (!next || *next >= int64_t{1} << 62) return std::nullopt;
    count = *next;
  }
  return zero ? 0 : count;
}

std::optional<Shape> known_shape(const Dims& dims) {
  Shape shape;
  shape.reserve(dims.size());
  for (const Dim& d : dims) {
    if (!d.known()) return std::nullopt;
    shape.push_back(d.factor);
  }
  return shape;
}

Dims to_dims(std::span<const int64_t> shape) { return Dims(shape.begin(), shape.end()); }

namespace {

Dim unknown(Symbols& symbols) { return {1, symbols.fresh()}; }

int64_t floor_divide(int64_t a, int64_t b) {
  const int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

}  // namespace

Dim multiply(Dim a, Dim b, Symbols& symbols) {
  if (!a.known() && !b.known()) return unknown(symbols);
  const auto factor = checked_mul(a.factor, b.factor);
  if (!factor) return unknown(symbols);
  return {*factor, a.known() ? b.symbol : a.symbol};
}

Dim divide(Dim a, Dim b, Symbols& symbols) {
  if (b.factor == 0 || (a.factor == INT64_MIN && b.factor == -1)) return unknown(symbols);
  if (a.factor == 0) return 0;
  if (a.known() && b.known()) return floor_divide(a.factor, b.factor);
  if (a.factor % b.factor != 0) return unknown(symbols);
  if (b.known()) return {a.factor / b.factor, a.symbol};
  return a.symbol == b.symbol ? Dim(a.factor / b.factor) : unknown(symbols);
}

Dim add(Dim a, Dim b, Symbols& symbols) {
  if (a.factor == 0) return b;
  if (b.factor == 0) return a;
  if (a.symbol != b.symbol) return unknown(symbols);
  const auto factor = checked_add(a.factor, b.factor);
  return factor ? Dim(*factor, a.symbol) : unknown(symbols);
}

Dim subtract(Dim a, Dim b, Symbols& symbols) {
  const auto negated = checked_mul(b.factor, -1);
  return negated ? add(a, Dim(*negated, b.symbol), symbols) : unknown(symbols);
}

}  // namespace pare
