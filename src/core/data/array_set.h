// Samples that are rows of arrays.
#pragma once

#include "core/data/dataset.h"

namespace pare {

struct Arrays {
  Tensor x;              // (samples, ...), any numbers
  Tensor y;              // (samples, ...): integers are classes, floats are values
  int64_t ignored = -1;  // the class in y that marks places without one: read as kNoClass; below 0: none
};
// One sample is a row of each. Its input has `shape`, of as many elements as a row of x, and `type`: f32 or an integer.
DatasetPtr array_set(Arrays arrays, Shape shape, DType type);

// How many classes y has: one more than the largest. Error(invalid) naming `name` and the place of a negative one.
int64_t count_classes(const Tensor& y, int64_t ignored, const std::string& name);
// `shape` as the model wants it, when that is a matter of dimensions of 1 or, with `regroup`, of grouping elements
// anew; else `shape`.
Shape fitted(const Shape& shape, const std::optional<FieldSpec>& input, bool regroup);

}  // namespace pare
