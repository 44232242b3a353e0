#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/data/image_file.h"
#include "core/error.h"
#include "tests/support/images.h"

namespace pare {
namespace {

using test::jpeg;
using test::Picture;
using test::plain_picture;
using test::png;
using test::ramp_picture;
using testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
Image decode(const std::string& file, int64_t channels = 3, int64_t shrink = 1) {
  return decode_image(bytes_of(file), channels, shrink, "picture");
}
int worst(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  EXPECT_EQ(a.size(), b.size());
  int most = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}
std::string message(const std::string& file, Code code) {
  try {
    decode(file);
    ADD_FAILURE() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    EXPECT_THAT(e.what(), testing::StartsWith("picture: "));
    return e.what();
  }
  return {};
}

TEST(ImageFile, PngComesBackExactly) {
  const Picture picture = ramp_picture(13, 7);
  const Image image = decode(png(picture));
  EXPECT_EQ(image.width, 13);
  EXPECT_EQ(image.height, 7);
  EXPECT_EQ(image.pixels, picture.pixels);
  const Picture grey = ramp_picture(13, 7, 1);
  EXPECT_EQ(decode(png(grey), 1).pixels, grey.pixels);
}

TEST(ImageFile, JpegComesBackNearly) {
  const Picture picture = ramp_picture(40, 24);
  for (const bool progressive : {false, true}) {
    const Image image = decode(jpeg(picture, {.progressive = progressive}));
    EXPECT_EQ(image.width, 40);
    EXPECT_EQ(image.height, 24);
    EXPECT_LT(worst(image.pixels, picture.pixels), 12);
  }
}

TEST(ImageFile, ChannelsAreWhatIsAskedFor) {
  for (const auto& file : {png(plain_picture(4, 3, {77})), jpeg(plain_picture(4, 3, {77}))}) {
    const Image colour = decode(file, 3);
    EXPECT_EQ(colour.pixels.size(), 4U * 3 * 3);
    EXPECT_THAT(colour.pixels, testing::Each(testing::AllOf(testing::Ge(76), testing::Le(78))));
  }
  for (const auto& file : {png(plain_picture(4, 3, {200, 100, 50})), jpeg(plain_picture(4, 3, {200, 100, 50}))}) {
    const Image grey = decode(file, 1);  // 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
    EXPECT_EQ(grey.pixels.size(), 4U * 3);
    EXPECT_THAT(grey.pixels, testing::Each(testing::AllOf(testing::Ge(122), testing::Le(126))));
  }
}

TEST(ImageFile, AlphaIsDroppedAndInkIsConverted) {
  const Image seen = decode(png(plain_picture(2, 2, {10, 20, 30, 0})));
  EXPECT_THAT(std::span(seen.pixels).first(3), testing::ElementsAre(10, 20, 30));
  // Cyan 255 - 200, magenta 255 - 100, yellow 255 - 50, no black; Adobe writes complements.
  for (const bool inverted : {true, false}) {
    Picture ink = plain_picture(16, 16, {200, 100, 50, 255});
    if (!inverted)
      for (uint8_t& v : ink.pixels) v = static_cast<uint8_t>(255 - v);
    const Image image = decode(jpeg(ink, {.inverted_cmyk = inverted}));
    EXPECT_NEAR(image.pixels[0], 200, 3);
    EXPECT_NEAR(image.pixels[1], 100, 3);
    EXPECT_NEAR(image.pixels[2], 50, 3);
    EXPECT_NEAR(decode(jpeg(ink, {.inverted_cmyk = inverted}), 1).pixels[0], 124, 3);
  }
}

TEST(ImageFile, JpegShrinksWhileItDecodes) {
  const std::string file = jpeg(ramp_picture(100, 51));
  EXPECT_EQ(image_size(bytes_of(file), "picture").width, 100);
  const Image half = decode(file, 3, 2), eighth = decode(file, 1, 8);
  EXPECT_EQ(half.width, 50);
  EXPECT_EQ(half.height, 26);
  EXPECT_EQ(eighth.width, 13);
  EXPECT_EQ(eighth.height, 7);
  EXPECT_NEAR(half.pixels[3 * 25], 128, 8);  // the middle of the first row is half red
  EXPECT_EQ(decode(png(ramp_picture(100, 51)), 3, 8).width, 100);
}

TEST(ImageFile, DamageIsAnErrorThatNamesTheFile) {
  for (const std::string& file : {jpeg(ramp_picture(64, 64)), jpeg(ramp_picture(64, 64), {.progressive = true})}) {
    message(file.substr(0, file.size() / 2), Code::corrupt);
    message(file.substr(0, file.size() - 20), Code::corrupt);
    message(file.substr(0, 30), Code::corrupt);
  }
  const std::string whole = png(ramp_picture(64, 64));
  message(whole.substr(0, whole.size() / 2), Code::corrupt);
  message(whole.substr(0, 20), Code::corrupt);
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
  message(flipped, Code::corrupt);
  EXPECT_THAT(message("GIF89a", Code::unsupported), HasSubstr("neither a JPEG nor a PNG"));
  message("", Code::unsupported);
}

TEST(ImageFile, BytesBehindTheImageAreNoDamage) {
  const std::string file = jpeg(ramp_picture(16, 16));
  EXPECT_EQ(decode(file + "appended by a camera").pixels, decode(file).pixels);
  // Stray bytes before the last marker are in many files of cameras; every pixel is there.
  EXPECT_EQ(decode(file.substr(0, file.size() - 2) + std::string(3, 'x') + "\xff\xd9").pixels, decode(file).pixels);
}

TEST(ImageFile, HeadersThatLieCostNothing) {
  std::string big = jpeg(plain_picture(8, 8, {1}));
  const size_t frame = big.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  big[frame + 5] = big[frame + 7] = '\x3f';  // 16,000 x 16,000 pixels, in some hundred bytes
  EXPECT_THAT(message(big, Code::corrupt), HasSubstr("cannot hold"));
  big[frame + 5] = big[frame + 7] = '\x7f';  // 32,000 x 32,000
  EXPECT_THAT(message(big, Code::limit), HasSubstr("more than"));
}

}  // namespace
}  // namespace pare
