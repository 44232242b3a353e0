// Batch norm in training over the rows of all processes, so that a network learns the same from a batch however many
// processes share it.
#pragma once

#include "train/torch/process_group.h"

namespace pare::engine {

// x (N, C, ...). As at::batch_norm in training: `mean` and `variance` move by `momentum` (the weight of the new)
// towards the batch's, with the unbiased variance.
at::Tensor sync_batch_norm(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                           const at::Tensor& mean, const at::Tensor& variance, double momentum, double epsilon,
                           const BatchPart& part);

}  // namespace pare::engine
