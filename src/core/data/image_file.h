// JPEG and PNG files, told by content. Every byte is an opponent: sizes are held against the file's before anything is
// allocated, and damage is an Error, also where a decoder would go on with grey.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pare {

inline constexpr uint64_t kMostImagePixels = uint64_t{1} << 28;

struct ImageSize {
  int64_t height = 0, width = 0;
};
struct Image {
  int64_t channels = 1, height = 0, width = 0;
  std::vector<uint8_t> pixels;  // rows of pixels of interleaved channels: grey, or red, green, blue
};

// From the header alone. `name` is used in messages, here and below. Error(unsupported) for what is neither JPEG nor
// PNG, Error(corrupt) for a broken header, Error(limit) beyond kMostImagePixels.
ImageSize image_size(std::span<const std::byte> bytes, const std::string& name);
// `channels` is 1 (luma of ITU-R BT.601) or 3 (grey repeated; CMYK as Adobe writes it is converted; alpha is dropped,
// as is an orientation in Exif). A JPEG may come at 1/2, 1/4 or 1/8 of its size, rounded up, which costs a fraction of
// the time: `shrink`, 1, 2, 4 or 8, is the most that is allowed. Error(corrupt) on damage.
Image decode_image(std::span<const std::byte> bytes, int64_t channels, int64_t shrink, const std::string& name);

}  // namespace pare
