#include "core/data/crop.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace pare {

Window centre_window(int64_t height, int64_t width, double ratio, double share) {
  const auto h = static_cast<double>(height), w = static_cast<double>(width);
  Window window;
  window.height = share * std::min(h, w / ratio);
  window.width = share * std::min(w, h * ratio);
  window.top = (h - window.height) / 2;
  window.left = (w - window.width) / 2;
  return window;
}

Window random_window(int64_t height, int64_t width, const CropRange& range, Random& random) {
  constexpr int kDraws = 10;
  const auto h = static_cast<double>(height), w = static_cast<double>(width);
  for (int i = 0; i < kDraws; ++i) {
    const double area = h * w * random.uniform(range.area[0], range.area[1]);
    const double ratio = std::exp(random.uniform(std::log(range.ratio[0]), std::log(range.ratio[1])));
    const double rows = std::round(std::sqrt(area / ratio)), columns = std::round(std::sqrt(area * ratio));
    if (rows < 1 || columns < 1 || rows > h || columns > w) continue;
    const auto top = random.below(static_cast<uint64_t>(h - rows) + 1);
    const auto left = random.below(static_cast<uint64_t>(w - columns) + 1);
    return {static_cast<double>(top), static_cast<double>(left), rows, columns};
  }
  return centre_window(height, width, std::clamp(w / h, range.ratio[0], range.ratio[1]));
}

CropRange crop_range(const AugmentOptions& options) {
  const std::vector<double>&area = options.random_resized_crop, &ratio = options.crop_ratio;
  ensure(area.size() == 2 && area[0] > 0 && area[0] <= area[1] && area[1] <= 1,
         "random_resized_crop: the smallest and the largest share of the area are wanted, such as [0.08, 1]");
  ensure(ratio.size() == 2 && ratio[0] > 0 && ratio[0] <= ratio[1],
         "crop_ratio: the smallest and the largest ratio of width to height are wanted, such as [0.75, 1.33]");
  return {{area[0], area[1]}, {ratio[0], ratio[1]}};
}

}  // namespace pare
