// How the rans encoder chooses: which neighbours and weights predict a tensor, where classes begin, and which slopes
// describe their symbols. Floating point is allowed here: what is chosen is written, and the decoder computes with
// that.
#pragma once

#include <span>

#include "format/codec/rans_matrix.h"

namespace pare {

// A tensor as the coder sees it: its symbols, row-major. Those outside of the window have no slots.
struct RansSymbols {
  std::vector<int16_t> values;   // clamped to 16 bits
  std::vector<int64_t> outside;  // exact, any order
  Shape shape;
};

struct RansPlan {
  RansRecipe recipe;
  double bits = 0;  // of the description, the coded symbols and the escapes
};

// `recipe`: lanes, centre, plain_bits and the window are set. Without contexts, and with them if that is smaller.
RansPlan rans_plan(const RansSymbols& symbols, const RansRecipe& recipe);

void rans_write_recipe(BitWriter& out, const RansRecipe& recipe);

}  // namespace pare
