// The formats behind image_file.h.
#pragma once

#include "core/data/image_file.h"

namespace pare {

struct ImageFormat {
  bool (*recognizes)(std::span<const std::byte> bytes);
  ImageSize (*size)(std::span<const std::byte> bytes, const std::string& name);
  Image (*decode)(std::span<const std::byte> bytes, int64_t channels, int64_t shrink, const std::string& name);
};
extern const ImageFormat jpeg_format, png_format;

// Error(corrupt) when an image cannot come from a file of `bytes` bytes that holds at most `pixels_per_byte` of them,
// Error(limit) when it is larger than anything we want to decode.
void check_image_size(const ImageSize& size, uint64_t bytes, uint64_t pixels_per_byte, const std::string& name);

}  // namespace pare
