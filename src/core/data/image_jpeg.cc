// JPEG through libjpeg-turbo. Its errors leave by longjmp: the functions that may jump hold nothing with a destructor.
#include <csetjmp>
#include <cstdio>

#include <jerror.h>
#include <jpeglib.h>

#include "core/data/image_format.h"
#include "core/data/luma.h"
#include "core/error.h"

namespace pare {
namespace {

// A block of 64 pixels takes one bit at least.
constexpr uint64_t kMostPixelsPerJpegByte = 8 * 64;
constexpr int kMostScans = 100;  // of a progressive file; each costs a pass over the image

struct Failure {
  jpeg_error_mgr manager;  // first: libjpeg hands back a pointer to it
  jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr info) {
  auto* failure = reinterpret_cast<Failure*>(info->err);
  info->err->format_message(info, failure->message);
  longjmp(failure->back, 1);
}

// Warnings that leave every pixel as it was are let pass: such files are common and decode everywhere.
void warn(j_common_ptr info, int level) {
  const int code = info->err->msg_code;
  const bool harmless =
      code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM || code == JWRN_BOGUS_ICC;
  if (level < 0 && !harmless) leave(info);
}

void count_scans(j_common_ptr info) {
  if (!info->is_decompressor || reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMostScans) return;
  auto* failure = reinterpret_cast<Failure*>(info->err);
  std::snprintf(failure->message, sizeof failure->message, "more than %d scans", kMostScans);
  longjmp(failure->back, 1);
}

class Decompressor {
 public:
  Decompressor(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {
    info_.err = jpeg_std_error(&failure_.manager);
    failure_.manager.error_exit = leave;
    failure_.manager.emit_message = warn;
    progress_.progress_monitor = count_scans;
    checked(open());
    check_image_size({info_.image_height, info_.image_width}, bytes.size(), kMostPixelsPerJpegByte, name);
  }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  ImageSize size() const { return {info_.image_height, info_.image_width}; }
  Image decode(int64_t channels, int64_t shrink) {
    checked(start(channels, shrink));
    Image image{channels, info_.output_height, info_.output_width, {}};
    const auto pixels = static_cast<size_t>(image.height * image.width);
    image.pixels.resize(pixels * static_cast<size_t>(info_.output_components));
    checked(read(image.pixels.data()));
    if (info_.output_components == 4) from_cmyk(image.pixels, pixels, channels);
    return image;
  }

 private:
  void checked(bool done) const {
    if (!done) fail(Code::corrupt, "{}: {}", name_, failure_.message);
  }
  // The functions that may jump: false says that failure_.message tells why.
  bool open() {
    if (setjmp(failure_.back)) return false;
    jpeg_create_decompress(&info_);
    info_.progress = &progress_;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_read_header(&info_, TRUE);
    return true;
  }
  bool start(int64_t channels, int64_t shrink) {
    if (setjmp(failure_.back)) return false;
    const bool printed = info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
    info_.out_color_space = printed ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    info_.scale_num = 1;
    info_.scale_denom = static_cast<unsigned>(shrink);
    jpeg_start_decompress(&info_);
    return true;
  }
  bool read(uint8_t* pixels) {
    if (setjmp(failure_.back)) return false;
    const size_t stride = size_t{info_.output_width} * static_cast<size_t>(info_.output_components);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = pixels + stride * info_.output_scanline;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  // In place: colour times black. Adobe, who write nearly all such files, store the complement.
  void from_cmyk(std::vector<uint8_t>& pixels, size_t count, int64_t channels) const {
    const unsigned inverted = info_.saw_Adobe_marker ? 0 : 255;
    uint8_t* y = pixels.data();
    for (const uint8_t* x = y; x != pixels.data() + 4 * count; x += 4) {
      const unsigned black = x[3] ^ inverted;
      const unsigned red = (x[0] ^ inverted) * black / 255, green = (x[1] ^ inverted) * black / 255,
                     blue = (x[2] ^ inverted) * black / 255;
      if (channels == 1) {
        *y++ = luma(red, green, blue);
        continue;
      }
      for (const unsigned value : {red, green, blue}) *y++ = static_cast<uint8_t>(value);
    }
    pixels.resize(count * static_cast<size_t>(channels));
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  Failure failure_{};
  jpeg_progress_mgr progress_{};
  // A member of its own, so that it is freed when the constructor fails.
  struct Info : jpeg_decompress_struct {
    Info() : jpeg_decompress_struct{} {}
    ~Info() { jpeg_destroy_decompress(this); }
    Info(const Info&) = delete;
    Info& operator=(const Info&) = delete;
  };
  Info info_;
};

bool is_jpeg(std::span<const std::byte> bytes) {
  return bytes.size() >= 3 && bytes[0] == std::byte{0xff} && bytes[1] == std::byte{0xd8} && bytes[2] == std::byte{0xff};
}

ImageSize jpeg_size(std::span<const std::byte> bytes, const std::string& name) {
  return Decompressor(bytes, name).size();
}

Image decode_jpeg(std::span<const std::byte> bytes, int64_t channels, int64_t shrink, const std::string& name) {
  return Decompressor(bytes, name).decode(channels, shrink);
}

}  // namespace

const ImageFormat jpeg_format = {is_jpeg, jpeg_size, decode_jpeg};

}  // namespace pare
