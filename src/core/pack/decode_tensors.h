// Tensors of a .pare file, chunks of them at the same time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/progress.h"
#include "format/container/read.h"

namespace pare {

// Those of the given indices, in their order. `budget` bounds them together. `names` are those of all tensors, for
// errors, which are those of the first tensor that has one.
std::vector<DecodedTensor> decode_tensors(const PareFile& file, std::span<const size_t> tensors,
                                          const std::vector<std::string>& names, uint64_t& budget, Progress& progress);

}  // namespace pare
