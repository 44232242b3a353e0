// A product of dimensions in which symbols cancel: what Reshape's -1 needs when the batch is a symbol.
#pragma once

#include <vector>

#include "format/ops/rule.h"

namespace pare::rules {

class Volume {
 public:
  Status include(std::span<const Dim> dims) {
    for (const Dim& dim : dims) {
      if (dim.factor < 0) return invalid("a dimension is negative");
      const std::optional<int64_t> product = checked_mul(factor_, dim.factor);
      if (!product) return invalid("too many elements");
      factor_ = *product;
      if (!dim.known()) symbols_.push_back(dim.symbol);
    }
    return {};
  }
  // Takes symbols that both have out of both.
  static void cancel(Volume& a, Volume& b) {
    for (size_t i = a.symbols_.size(); i-- > 0;) {
      const auto twin = std::find(b.symbols_.begin(), b.symbols_.end(), a.symbols_[i]);
      if (twin == b.symbols_.end()) continue;
      b.symbols_.erase(twin);
      a.symbols_.erase(a.symbols_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  bool known() const { return symbols_.empty(); }
  int64_t factor() const { return factor_; }
  void divide_by(int64_t divisor) { factor_ /= divisor; }
  // A product of several symbols is a symbol of its own.
  Dim as_dim(Symbols& symbols) const {
    if (factor_ == 0 || symbols_.empty()) return factor_;
    if (symbols_.size() == 1) return {factor_, symbols_[0]};
    return {factor_, symbols.fresh()};
  }

 private:
  int64_t factor_ = 1;
  std::vector<uint32_t> symbols_;
};

}  // namespace pare::rules
