#include "core/data/image_file.h"

#include "core/data/image_format.h"
#include "core/error.h"

namespace pare {
namespace {

const ImageFormat& format_of(std::span<const std::byte> bytes, const std::string& name) {
  for (const ImageFormat* format : {&jpeg_format, &png_format})
    if (format->recognizes(bytes)) return *format;
  fail(Code::unsupported, "{}: neither a JPEG nor a PNG image", name);
}

}  // namespace

void check_image_size(const ImageSize& size, uint64_t bytes, uint64_t pixels_per_byte, const std::string& name) {
  const auto height = static_cast<uint64_t>(size.height), width = static_cast<uint64_t>(size.width);
  if (height == 0 || width == 0) fail(Code::corrupt, "{}: an image of {} x {} pixels", name, height, width);
  if (height > kMostImagePixels / width)
    fail(Code::limit, "{}: an image of {} x {} pixels, more than {}", name, height, width, kMostImagePixels);
  if (height * width / pixels_per_byte > bytes)
    fail(Code::corrupt, "{}: {} bytes cannot hold the {} x {} pixels that the header announces", name, bytes, height,
         width);
}

ImageSize image_size(std::span<const std::byte> bytes, const std::string& name) {
  return format_of(bytes, name).size(bytes, name);
}

Image decode_image(std::span<const std::byte> bytes, int64_t channels, int64_t shrink, const std::string& name) {
  ensure(channels == 1 || channels == 3, "images of {} channels", channels);
  ensure(shrink == 1 || shrink == 2 || shrink == 4 || shrink == 8, "images shrunk by {}", shrink);
  return format_of(bytes, name).decode(bytes, channels, shrink, name);
}

}  // namespace pare
