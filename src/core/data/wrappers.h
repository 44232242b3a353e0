// The wrappers that open_data puts around a source; augment() and take() are in dataset.h.
#pragma once

#include <string_view>

#include "core/data/dataset.h"

namespace pare {

// u8 images in channel order `order` to f32 by y = (x * scale - mean) / std, channels in preprocessing.order.
DatasetPtr normalize(DatasetPtr base, std::string_view order, const Preprocessing& preprocessing);
// f32 of any shape by the same formula; a channel is a place along the first axis.
DatasetPtr standardize(DatasetPtr base, const Preprocessing& preprocessing);
// u8 images to another height and width: bilinear, widened to a triangle over all source pixels where it shrinks.
DatasetPtr resize(DatasetPtr base, int64_t height, int64_t width);
// Reads every sample once (without augmentation) and keeps it.
DatasetPtr cache(const DatasetPtr& base);

}  // namespace pare
