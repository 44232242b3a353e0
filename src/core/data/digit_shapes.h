// How people write the ten digits: skeletons of strokes, several styles each.
#pragma once

#include <span>

namespace pare {

struct Point {
  float x, y;  // 0..1 from left to right, 0..1 from top to bottom
};
// A smooth curve through its points; a point said twice makes a corner.
using Stroke = std::span<const Point>;
struct DigitStyle {
  std::span<const Stroke> strokes;
};
std::span<const DigitStyle> digit_styles(int digit);

}  // namespace pare
