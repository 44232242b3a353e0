// Multidirectional broadcasting, as in numpy.
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

// One dimension. A symbol against a size above 1 must turn out to be that size or 1; either way the size results.
inline Result<Dim> broadcast(Dim a, Dim b, Symbols& symbols) {
  if (a == b || b == Dim(1)) return a;
  if (a == Dim(1)) return b;
  if (a.known() && b.known()) return invalid("the shapes do not broadcast");
  if (a.known()) return a;
  if (b.known()) return b;
  return Dim(1, symbols.fresh());
}

inline Result<Dims> broadcast(std::span<const Dim> a, std::span<const Dim> b, Symbols& symbols) {
  if (a.size() < b.size()) std::swap(a, b);
  Dims out(a.begin(), a.end());
  const size_t offset = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i) {
    PARE_ASSIGN(out[offset + i], broadcast(a[offset + i], b[i], symbols));
  }
  return out;
}

// Can `from` be stretched to `to` without changing `to`?
inline bool broadcasts_to(std::span<const Dim> from, std::span<const Dim> to) {
  if (from.size() > to.size()) return false;
  const size_t offset = to.size() - from.size();
  for (size_t i = 0; i < from.size(); ++i)
    if (from[i] != Dim(1) && !merge(from[i], to[offset + i])) return false;
  return true;
}

// Fills output 0 with the shape that inputs `first` .. `last` broadcast to.
inline Status give_broadcast(InferContext& context, DType dtype, size_t first, size_t last) {
  std::optional<Dims> dims = Dims{};
  for (size_t i = first; i <= last && dims; ++i) {
    const std::optional<Dims>& own = context.in(i).dims;
    if (!own) {
      dims.reset();
    } else {
      PARE_ASSIGN(dims, broadcast(*dims, *own, context.symbols));
    }
  }
  return give(context, 0, dtype, std::move(dims));
}

}  // namespace pare::rules
