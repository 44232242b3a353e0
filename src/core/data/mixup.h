// Mixup (Zhang et al. 2018): training on mixtures of samples with the same mixtures of targets.
#pragma once

#include "core/data/dataset.h"

namespace pare {

// In place: row i of the n of each tensor becomes l x_i + (1 - l) x_j with j = n - 1 - i, its target likewise; in a
// shuffled batch that is a random partner. One l per batch, from Beta(alpha, alpha), decided by `key`. Classes become
// distributions (n, classes) of f32. Error(invalid) for inputs that are no f32 and for maps of classes.
void mixup(Batch& batch, double alpha, int64_t classes, uint64_t key);

}  // namespace pare
