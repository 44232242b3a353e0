// Images held in memory as they lie in their files: u8, channel planes one after the other.
#pragma once

#include <cstdint>
#include <vector>

#include "core/data/dataset.h"

namespace pare {

struct ImageSet {
  int64_t channels = 1, height = 0, width = 0;
  std::vector<uint8_t> pixels;  // labels.size() * channels * height * width
  std::vector<uint8_t> labels;

  size_t image_bytes() const { return static_cast<size_t>(channels * height * width); }
};
DatasetPtr in_memory(ImageSet images);

}  // namespace pare
