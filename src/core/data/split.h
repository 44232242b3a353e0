// Parts of a data set: samples held out of the training part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pare {

struct Split {
  std::vector<size_t> train, validation;  // indices of the training part, ascending
};
// Holds out `validation` of `size` samples, at most a fifth, drawn at random by `seed`: the same on every machine.
Split split(size_t size, int64_t validation, uint64_t seed);
// Holds out `held` samples, the same share of every class up to one sample; at least one of each class stays.
Split split_by_class(std::span<const int64_t> labels, size_t held, uint64_t seed);

}  // namespace pare
