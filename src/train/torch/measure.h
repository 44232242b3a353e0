// Evidence about constants, averaged over calibration batches.
#pragma once

#include "train/engine.h"
#include "train/torch/aten.h"

namespace pare::engine {

// gradient: mean over batches of the loss's gradient. curvature: mean of its square per batch (the diagonal of the
// empirical Fisher information). input_rms: root mean square of each input channel of every layer with a weight.
// The network runs in inference form; the loss is cross entropy, or the squared error when targets are not classes.
Evidence measure(const Graph& graph, const DatasetPtr& data, Needs needs, int64_t batches, at::Device device,
                 Progress& progress);

}  // namespace pare::engine
