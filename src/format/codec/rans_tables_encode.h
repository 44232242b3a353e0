// Slopes and histograms that describe the symbols of every class in the fewest bits.
#pragma once

#include <limits>

#include "format/codec/rans.h"

namespace pare {

// How often a class has each symbol from the lowest on; at kRansEscape, those outside of the window.
using RansCounts = std::array<double, kRansMostSymbols + 1>;

// Whether slopes alone describe the symbols, or a histogram is needed.
enum class RansForm : uint8_t { smooth, either, rough };

struct RansFitted {
  RansRecipe recipe;
  double bits = std::numeric_limits<double>::infinity();  // of the description, the symbols and the escapes
};

// The cheapest tables for these classes of the recipe. `outside`: the symbols that are outside of the window.
RansFitted rans_fit_tables(RansRecipe recipe, const std::vector<RansCounts>& classes,
                           const std::vector<int64_t>& outside, RansForm form);

void rans_write_recipe(BitWriter& out, const RansRecipe& recipe);

}  // namespace pare
