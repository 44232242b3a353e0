// PNG through libspng.
#include <algorithm>
#include <memory>

#include <spng.h>

#include "core/data/image_format.h"
#include "core/data/luma.h"
#include "core/error.h"

namespace pare {
namespace {

// Deflate cannot do better than 258 bytes in 2 bits; a pixel takes one bit at least.
constexpr uint64_t kMostPixelsPerPngByte = 1032 * 8;
constexpr size_t kMostChunkBytes = size_t{64} << 20;

class Decoder {
 public:
  Decoder(std::span<const std::byte> bytes, const std::string& name) : name_(name), context_(spng_ctx_new(0)) {
    if (!context_) fail(Code::limit, "{}: no memory to decode it", name);
    // Ancillary chunks (text, profiles) are of no use here: damage in them does not matter, and they are not kept.
    spng_set_crc_action(context_.get(), SPNG_CRC_ERROR, SPNG_CRC_DISCARD);
    spng_set_chunk_limits(context_.get(), kMostChunkBytes, kMostChunkBytes);
    checked(spng_set_png_buffer(context_.get(), bytes.data(), bytes.size()));
    spng_ihdr header{};
    checked(spng_get_ihdr(context_.get(), &header));
    size_ = {header.height, header.width};
    grey_ = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE && header.bit_depth <= 8;
    check_image_size(size_, bytes.size(), kMostPixelsPerPngByte, name);
  }
  ImageSize size() const { return size_; }

  Image decode(int64_t channels) {
    const int format = grey_ && channels == 1 ? SPNG_FMT_G8 : SPNG_FMT_RGB8;
    Image image{channels, size_.height, size_.width, {}};
    size_t bytes = 0;
    checked(spng_decoded_image_size(context_.get(), format, &bytes));
    image.pixels.resize(bytes);
    checked(spng_decode_image(context_.get(), image.pixels.data(), bytes, format, 0));
    if (channels == 1 && format == SPNG_FMT_RGB8) {
      for (size_t i = 0; i < bytes / 3; ++i)
        image.pixels[i] = luma(image.pixels[3 * i], image.pixels[3 * i + 1], image.pixels[3 * i + 2]);
      image.pixels.resize(bytes / 3);
    }
    return image;
  }

 private:
  void checked(int code) const {
    if (code != SPNG_OK) fail(Code::corrupt, "{}: {}", name_, spng_strerror(code));
  }
  struct Free {
    void operator()(spng_ctx* context) const { spng_ctx_free(context); }
  };

  const std::string& name_;
  std::unique_ptr<spng_ctx, Free> context_;
  ImageSize size_;
  bool grey_ = false;
};

bool is_png(std::span<const std::byte> bytes) {
  constexpr uint8_t kSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  return bytes.size() >= sizeof kSignature && std::equal(std::begin(kSignature), std::end(kSignature), bytes.begin(),
                                                         [](uint8_t a, std::byte b) { return std::byte{a} == b; });
}

ImageSize png_size(std::span<const std::byte> bytes, const std::string& name) { return Decoder(bytes, name).size(); }

// Nothing can be left out of a PNG: it always comes at its full size.
Image decode_png(std::span<const std::byte> bytes, int64_t channels, int64_t, const std::string& name) {
  return Decoder(bytes, name).decode(channels);
}

}  // namespace

const ImageFormat png_format = {is_png, png_size, decode_png};

}  // namespace pare
