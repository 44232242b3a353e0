// Handwritten-looking digits made by the program, so that everything can be tried without a download.
#pragma once

#include <cstdint>
#include <span>

#include "core/data/image_set.h"

namespace pare {

inline constexpr int64_t kDigitSide = 28;
// Draws one digit, white on black like MNIST: strokes in one of several styles, jittered, slanted, warped, of varying
// width, within about 20 x 20 pixels around the middle. `key` decides everything.
void draw_digit(int digit, uint64_t key, std::span<uint8_t> pixels);
// `count` digits, as many of each class as of any other, on all cores: the same for any number of them.
ImageSet make_digits(int64_t count, uint64_t seed);

}  // namespace pare
