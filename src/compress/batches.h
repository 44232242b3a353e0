// Which training samples methods look at, and how many at once.
#pragma once

#include <cstdint>

#include "core/data/dataset.h"
#include "core/graph.h"

namespace pare {

inline constexpr int64_t kCalibrationBatch = 128;  // of a network that takes any number of samples

// The samples of `batches` batches that criteria look at: chosen by the seed, without augmentation; whole batches of a
// network with a fixed one. Error(invalid) where there are too few for that.
DatasetPtr calibration_samples(const Graph& graph, const DatasetPtr& train, int64_t batches, uint64_t seed);
// Elements of a value for one sample, symbols counted as 1.
int64_t elements_of(const Graph& graph, ValueId value);
// The largest batch, up to `most`, of which `floats` numbers per sample can be held at once. A fixed one stays.
int64_t batch_that_fits(const Graph& graph, int64_t floats, int64_t most);

}  // namespace pare
