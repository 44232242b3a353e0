// Any bytes given to the image decoders end in an image of the size that the header says, or in an Error; never in a
// crash or in more memory than the file's own size allows for.
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/data/image_file.h"
#include "core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  constexpr int64_t kMostPixels = 1 << 22;  // larger ones only cost time
  for (const int64_t channels : {1, 3}) {
    for (const int64_t shrink : {1, 4}) {
      try {
        const pare::ImageSize whole = pare::image_size(bytes, "fuzz.jpg");
        if (whole.height * whole.width > kMostPixels) return 0;
        const pare::Image image = pare::decode_image(bytes, channels, shrink, "fuzz.jpg");
        const bool full = image.height == whole.height && image.width == whole.width;
        const bool shrunk =
            image.height == (whole.height + shrink - 1) / shrink && image.width == (whole.width + shrink - 1) / shrink;
        if (!full && !shrunk) __builtin_trap();
        if (image.channels != channels) __builtin_trap();
        if (image.pixels.size() != static_cast<size_t>(image.height * image.width * channels)) __builtin_trap();
      } catch (const pare::Error&) {
      }
    }
  }
  return 0;
}
