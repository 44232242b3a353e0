// Which part of an image is looked at.
#pragma once

#include "core/data/dataset.h"
#include "core/data/resample.h"
#include "core/random.h"

namespace pare {

// The largest part in the middle with the given ratio of width to height, its sides times `share`.
Window centre_window(int64_t height, int64_t width, double ratio, double share = 1);
// A random part, as for training Inception (Szegedy et al. 2015) and nearly every network on ImageNet since: area
// uniform, ratio uniform on a logarithmic scale, place uniform; the middle when ten draws do not fit the image.
Window random_window(int64_t height, int64_t width, const CropRange& range, Random& random);
// Error(invalid) on ranges that make no sense.
CropRange crop_range(const AugmentOptions& options);

}  // namespace pare
