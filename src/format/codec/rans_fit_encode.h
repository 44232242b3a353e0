// How the rans encoder chooses: with or without contexts, how the matrix lies, and where classes begin. Which
// neighbours predict a tensor is in rans_prediction_encode.h, which tables describe the classes in
// rans_tables_encode.h. Floating point is allowed in all of them: what is chosen is written, and the decoder computes
// with that.
#pragma once

#include <memory>
#include <span>

#include "format/codec/rans_tables_encode.h"

namespace pare {

// A tensor as the coder sees it: its symbols, row-major. Those outside of the window have no slots.
struct RansSymbols {
  std::unique_ptr<int16_t[]> storage;
  std::span<const int16_t> values;  // clamped to kRansFarthest, as neighbours see them
  std::vector<int64_t> outside;     // exact, any order
  Shape shape;
};

// `recipe`: lanes, centre, plain_bits and the window are set. Without contexts, and with them if that is smaller.
RansFitted rans_plan(const RansSymbols& symbols, const RansRecipe& recipe);

}  // namespace pare
