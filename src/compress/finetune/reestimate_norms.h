// Statistics of batch norms, taken anew from data: after a cut, activations are not what they were.
#pragma once

#include <cstdint>
#include <functional>

#include "core/data/dataset.h"
#include "core/graph.h"
#include "core/progress.h"
#include "train/engine.h"

namespace pare {

struct NormData {
  int64_t batches = 8, batch = 128;
  uint64_t seed = 0;  // of the choice of samples
};
// Running mean and variance of every BatchNormalization that says them with constants of its own become those of its
// inputs, over all elements of a channel in these batches (smaller ones, and more, where they would not fit into
// memory): one norm after the other, each behind those that have their new statistics. The engine is opened when there
// is such a norm; `data` is read as it is, without augmentation.
void reestimate_norms(Graph& graph, const std::function<Engine&()>& engine, const DatasetPtr& data,
                      const NormData& options, Progress& progress);

}  // namespace pare
