// The order in which a loader goes through a data set.
#pragma once

#include "core/data/dataset.h"

namespace pare {

// A place in an epoch: which sample, and how often it came before in this epoch (balanced sampling repeats samples).
struct Place {
  size_t index;
  uint32_t repetition = 0;
};
// As it comes, or shuffled by (seed, epoch).
std::vector<Place> sample_order(size_t size, bool shuffle, uint64_t seed, int64_t epoch);
// As many samples as the data has, each class equally often up to one: of a large class some are left out, those of a
// small one come again. Shuffled by (seed, epoch). Error(invalid) when targets are not classes.
std::vector<Place> balanced_order(const Dataset& data, uint64_t seed, int64_t epoch);

}  // namespace pare
