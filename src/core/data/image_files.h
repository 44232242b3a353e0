// Images that stay in their files until they are read, decoded by whoever reads them.
#pragma once

#include <string>
#include <vector>

#include "core/data/dataset.h"

namespace pare {

struct ImageFiles {
  std::vector<std::string> paths;               // JPEG or PNG, of any sizes
  std::vector<int64_t> labels;                  // one per path
  int64_t channels = 3, height = 0, width = 0;  // as they are read: grey or red, green, blue
  double crop = 1;                              // share of the sides of the middle that is read
  uint64_t cache_bytes = 0;                     // what decoded images may take, once they have been read
};
// u8; C, H, W: the middle of each image, resized. with_random_crops() cuts before it resizes, from the file each time.
// Errors of read() name the file.
DatasetPtr image_files(ImageFiles files);

}  // namespace pare
