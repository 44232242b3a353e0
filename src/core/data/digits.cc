#include "core/data/digits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/data/digit_shapes.h"
#include "core/data/displacement.h"
#include "core/data/source.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/random.h"

namespace pare {
namespace {

using Line = std::vector<Point>;  // a stroke as short straight pieces

// Catmull-Rom through the points.
Line smooth(const Line& points) {
  constexpr int kPieces = 6;
  Line line;
  const auto last = std::ssize(points) - 1;
  for (std::ptrdiff_t i = 0; i < last; ++i) {
    auto at = [&](std::ptrdiff_t k) { return points[static_cast<size_t>(std::clamp<std::ptrdiff_t>(k, 0, last))]; };
    const Point a = at(i - 1), b = at(i), c = at(i + 1), d = at(i + 2);
    auto curve = [](float p, float q, float r, float s, float t) {
      return 0.5F * (2 * q + t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * q - p - 3 * r + s))));
    };
    for (int k = 0; k < kPieces; ++k) {
      const float t = static_cast<float>(k) / kPieces;
      line.push_back({curve(a.x, b.x, c.x, d.x, t), curve(a.y, b.y, c.y, d.y, t)});
    }
  }
  line.push_back(points.back());
  return line;
}

// The hand: where every point of the skeleton ends up, in units of the digit's height.
std::vector<Line> write(const DigitStyle& style, Random& random) {
  const double haste = random.uniform();
  const double jitter = 0.018 + 0.055 * haste * haste;
  const Displacement warp(static_cast<float>(0.06 + 0.16 * haste * random.uniform()), random);
  const double slant = 0.12 + 0.26 * random.normal(), angle = 0.13 * random.normal(),
               aspect = random.uniform(0.48, 1.02);
  const auto cosine = static_cast<float>(std::cos(angle)), sine = static_cast<float>(std::sin(angle));
  std::vector<Line> lines;
  for (Stroke stroke : style.strokes) {
    Line points;
    for (size_t i = 0; i < stroke.size(); ++i) {
      Point p = stroke[i];
      if (i > 0 && p.x == stroke[i - 1].x && p.y == stroke[i - 1].y) {  // corners stay corners
        points.push_back(points.back());
        continue;
      }
      const auto [dx, dy] = warp.row(p.y).at(p.x);
      p.x += dx + static_cast<float>(jitter * random.normal());
      p.y += dy + static_cast<float>(jitter * random.normal());
      p.x = static_cast<float>((p.x - 0.5F) * aspect - (p.y - 0.5F) * slant);
      p.y -= 0.5F;
      points.push_back({cosine * p.x - sine * p.y, sine * p.x + cosine * p.y});
    }
    // Pens are put down late or early and lifted likewise.
    for (Point* end : {&points.front(), &points.back()}) {
      end->x += static_cast<float>(0.05 * haste * random.normal());
      end->y += static_cast<float>(0.05 * haste * random.normal());
    }
    lines.push_back(smooth(points));
  }
  return lines;
}

// Scales the lines to the middle of the image, as MNIST was prepared: a box of 20 pixels, centred by its mass.
void place(std::vector<Line>& lines, Random& random) {
  Point low{1e9F, 1e9F}, high{-1e9F, -1e9F};
  double x = 0, y = 0, mass = 0;
  for (const Line& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      low = {std::min(low.x, line[i].x), std::min(low.y, line[i].y)};
      high = {std::max(high.x, line[i].x), std::max(high.y, line[i].y)};
      if (i == 0) continue;
      const double length = std::hypot(line[i].x - line[i - 1].x, line[i].y - line[i - 1].y);
      x += length * (line[i].x + line[i - 1].x) / 2;
      y += length * (line[i].y + line[i - 1].y) / 2;
      mass += length;
    }
  }
  const double extent = std::max({high.x - low.x, high.y - low.y, 0.1F});
  const double scale = random.uniform(15.0, 19.0) / extent;
  constexpr double kMiddle = (kDigitSide - 1) / 2.0;
  // Anywhere near the middle, but with the ink inside the image.
  auto offset = [&](double centre, double from, double to) {
    const double wanted = kMiddle + random.uniform(-1.2, 1.2) - centre * scale;
    constexpr double kMargin = 2.5;
    return std::clamp(wanted, kMargin - from * scale,
                      std::max(kMargin - from * scale, kDigitSide - 1 - kMargin - to * scale));
  };
  const double dx = offset(mass > 0 ? x / mass : low.x, low.x, high.x),
               dy = offset(mass > 0 ? y / mass : low.y, low.y, high.y);
  for (Line& line : lines)
    for (Point& p : line) p = {static_cast<float>(p.x * scale + dx), static_cast<float>(p.y * scale + dy)};
}

using Canvas = std::array<float, kDigitSide * kDigitSide>;

// Ink of one straight piece: full within the half width, fading over `blur` pixels; overlapping pieces don't add up.
void ink(Canvas& canvas, Point a, Point b, float half_width, float blur) {
  const float reach = half_width + blur;
  auto pixel = [](float v) { return static_cast<int64_t>(std::clamp(v, 0.0F, static_cast<float>(kDigitSide - 1))); };
  const int64_t left = pixel(std::floor(std::min(a.x, b.x) - reach)),
                right = pixel(std::ceil(std::max(a.x, b.x) + reach));
  const int64_t top = pixel(std::floor(std::min(a.y, b.y) - reach)),
                bottom = pixel(std::ceil(std::max(a.y, b.y) + reach));
  const float ux = b.x - a.x, uy = b.y - a.y, length2 = std::max(ux * ux + uy * uy, 1e-6F);
  for (int64_t row = top; row <= bottom; ++row) {
    for (int64_t column = left; column <= right; ++column) {
      const float px = static_cast<float>(column) - a.x, py = static_cast<float>(row) - a.y;
      const float t = std::clamp((px * ux + py * uy) / length2, 0.0F, 1.0F);
      const float dx = px - t * ux, dy = py - t * uy;
      const float value = std::clamp((reach - std::sqrt(dx * dx + dy * dy)) / (2 * blur), 0.0F, 1.0F);
      float& cell = canvas[static_cast<size_t>(row * kDigitSide + column)];
      cell = std::max(cell, value);
    }
  }
}

constexpr int64_t kDefaultTrain = 12'000;
constexpr int64_t kTrainPerTest = 6;
constexpr uint64_t kTrainSeed = 1, kTestSeed = 2;  // the images never change; what a split's seed moves is the split

Source open_digits(const SourceRequest& request) {
  const std::string& argument = request.argument;
  int64_t count = kDefaultTrain;
  if (!argument.empty()) {
    const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), count);
    ensure(error == std::errc() && end == argument.data() + argument.size() && count >= 10 && count <= 1'000'000,
           "data 'digits:{}': a number of training images is wanted, 10 to 1000000", argument);
  }
  Source source;
  source.train = in_memory(make_digits(count, kTrainSeed));
  source.test = in_memory(make_digits(std::max<int64_t>(10, count / kTrainPerTest), kTestSeed));
  source.preprocessing = {.order = "L"};
  source.classes = 10;
  return source;
}

}  // namespace

void draw_digit(int digit, uint64_t key, std::span<uint8_t> pixels) {
  Random random{key, hash_of("digit")};
  const std::span<const DigitStyle> styles = digit_styles(digit);
  std::vector<Line> lines = write(styles[random.below(styles.size())], random);
  place(lines, random);

  Canvas canvas{};
  const double width = random.uniform(0.75, 1.65), blur = random.uniform(0.55, 0.95);
  for (const Line& line : lines) {
    const double swing = random.uniform(0, 0.25), phase = random.uniform(0, 6.283), pace = random.uniform(0.05, 0.25);
    for (size_t i = 1; i < line.size(); ++i) {
      const double pressure = 1 + swing * std::sin(phase + pace * static_cast<double>(i));
      ink(canvas, line[i - 1], line[i], static_cast<float>(width * pressure), static_cast<float>(blur));
    }
  }
  const double strength = random.uniform(0.82, 1.0), grain = random.uniform(0.0, 0.06);
  for (size_t i = 0; i < canvas.size(); ++i) {
    const double noise = 1 + grain * random.uniform(-2, 2);
    pixels[i] = static_cast<uint8_t>(std::clamp(std::lround(255 * strength * noise * canvas[i]), 0L, 255L));
  }
}

ImageSet make_digits(int64_t count, uint64_t seed) {
  ImageSet images{1, kDigitSide, kDigitSide, {}, {}};
  images.pixels.resize(static_cast<size_t>(count) * images.image_bytes());
  images.labels.resize(static_cast<size_t>(count));
  parallel_for(images.labels.size(), [&](size_t i) {
    images.labels[i] = static_cast<uint8_t>(i % 10);
    draw_digit(images.labels[i], mix({seed, i}),
               std::span(images.pixels).subspan(i * images.image_bytes(), images.image_bytes()));
  });
  return images;
}

extern const SourceDef source_digits;
const SourceDef source_digits = {"digits", "handwritten-looking digits made by the program: no download", "COUNT",
                                 false, open_digits};

}  // namespace pare
