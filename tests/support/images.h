// Small images as files, made by the libraries that read them.
#pragma once

#include <cstdio>

#include <jpeglib.h>
#include <spng.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace pare::test {

// Rows of interleaved channels.
struct Picture {
  int width = 0, height = 0, channels = 3;
  std::vector<uint8_t> pixels;
};
// Every pixel (red, green, blue), or grey when only one is given.
inline Picture plain_picture(int width, int height, const std::vector<uint8_t>& colour) {
  Picture picture{width, height, static_cast<int>(colour.size()), {}};
  for (int i = 0; i < width * height; ++i) picture.pixels.insert(picture.pixels.end(), colour.begin(), colour.end());
  return picture;
}
// Smooth, different everywhere.
inline Picture ramp_picture(int width, int height, int channels = 3) {
  Picture picture{width, height, channels, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c)
        picture.pixels.push_back(static_cast<uint8_t>(c == 0 ? x * 255 / width : c == 1 ? y * 255 / height : 128));
  return picture;
}

struct JpegOptions {
  int quality = 95;
  bool progressive = false;
  bool inverted_cmyk = true;  // with the marker of Adobe
};
inline std::string jpeg(const Picture& picture, const JpegOptions& options = {}) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<unsigned>(picture.width);
  info.image_height = static_cast<unsigned>(picture.height);
  info.input_components = picture.channels;
  info.in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : picture.channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, options.quality, TRUE);
  if (options.progressive) jpeg_simple_progression(&info);
  info.write_Adobe_marker = picture.channels == 4 && options.inverted_cmyk ? TRUE : FALSE;
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    auto* row =
        const_cast<JSAMPROW>(picture.pixels.data() + info.next_scanline * picture.pixels.size() / info.image_height);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string out(reinterpret_cast<char*>(bytes), size);
  std::free(bytes);
  return out;
}

// Grey (1), grey and alpha (2), colour (3), colour and alpha (4).
inline std::string png(const Picture& picture) {
  constexpr uint8_t kColourTypes[] = {SPNG_COLOR_TYPE_GRAYSCALE, SPNG_COLOR_TYPE_GRAYSCALE_ALPHA,
                                      SPNG_COLOR_TYPE_TRUECOLOR, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA};
  spng_ctx* context = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{};
  header.width = static_cast<uint32_t>(picture.width);
  header.height = static_cast<uint32_t>(picture.height);
  header.bit_depth = 8;
  header.color_type = kColourTypes[picture.channels - 1];
  spng_set_ihdr(context, &header);
  spng_encode_image(context, picture.pixels.data(), picture.pixels.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
  size_t size = 0;
  int error = 0;
  void* bytes = spng_get_png_buffer(context, &size, &error);
  std::string out(static_cast<char*>(bytes), size);
  std::free(bytes);
  spng_ctx_free(context);
  return out;
}

}  // namespace pare::test
