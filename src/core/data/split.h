// The validation part of a data set, held out of the training part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pare {

struct Split {
  std::vector<size_t> train, validation;  // indices of the training part, ascending
};
// Holds out `validation` of `size` samples, at most a fifth, drawn at random by `seed`: the same on every machine.
Split split(size_t size, int64_t validation, uint64_t seed);

}  // namespace pare
