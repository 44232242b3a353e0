#include <algorithm>
#include <cmath>

#include "core/data/wrappers.h"
#include "core/error.h"

namespace pare {
namespace {

// One output pixel of a row or column: weights of consecutive source pixels, summing to 1.
struct Tap {
  size_t first;
  std::vector<float> weights;
};

std::vector<Tap> taps(int64_t from, int64_t to) {
  const double ratio = static_cast<double>(from) / static_cast<double>(to);
  const double reach = std::max(1.0, ratio);  // half the base of the triangle, in source pixels
  std::vector<Tap> all;
  for (int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * ratio - 0.5;
    const auto low = std::max<int64_t>(0, static_cast<int64_t>(std::ceil(centre - reach)));
    const auto high = std::min<int64_t>(from - 1, static_cast<int64_t>(std::floor(centre + reach)));
    Tap tap{static_cast<size_t>(low), {}};
    double sum = 0;
    for (int64_t j = low; j <= high; ++j) sum += std::max(0.0, 1 - std::abs(static_cast<double>(j) - centre) / reach);
    for (int64_t j = low; j <= high; ++j)
      tap.weights.push_back(
          static_cast<float>(std::max(0.0, 1 - std::abs(static_cast<double>(j) - centre) / reach) / sum));
    all.push_back(std::move(tap));
  }
  return all;
}

class Resize final : public Dataset {
 public:
  Resize(DatasetPtr base, int64_t height, int64_t width) : base_(std::move(base)), spec_(base_->spec()) {
    ensure(spec_.inputs.size() == 1 && spec_.inputs[0].dtype == DType::u8 && spec_.inputs[0].shape.size() == 3,
           "resizing needs images of bytes");
    ensure(height >= 1 && width >= 1 && height <= 16384 && width <= 16384, "images of {} x {} pixels", height, width);
    const Shape from = spec_.inputs[0].shape;
    bytes_ = spec_.inputs[0].byte_size();
    columns_ = taps(from[2], width);
    rows_ = taps(from[1], height);
    spec_.inputs[0].shape = {from[0], height, width};
    from_height_ = static_cast<size_t>(from[1]);
    from_width_ = static_cast<size_t>(from[2]);
  }
  size_t size() const override { return base_->size(); }
  const SampleSpec& spec() const override { return spec_; }

  void read(size_t index, uint64_t draw, const SampleBuffer& out) const override {
    std::vector<uint8_t> raw(bytes_);
    const std::span<std::byte> raw_bytes = std::as_writable_bytes(std::span(raw));
    base_->read(index, draw, {{&raw_bytes, 1}, out.target});
    auto* y = reinterpret_cast<uint8_t*>(out.inputs[0].data());
    std::vector<float> wide(from_height_ * columns_.size());
    for (const uint8_t* x = raw.data(); x != raw.data() + bytes_; x += from_height_ * from_width_) {
      float* w = wide.data();
      for (size_t row = 0; row < from_height_; ++row)
        for (const Tap& tap : columns_) *w++ = weigh(tap, x + row * from_width_, 1);
      for (const Tap& tap : rows_)
        for (size_t column = 0; column < columns_.size(); ++column)
          *y++ = static_cast<uint8_t>(
              std::clamp(std::lround(weigh(tap, wide.data() + column, columns_.size())), 0L, 255L));
    }
  }

 private:
  template <class T>
  static float weigh(const Tap& tap, const T* line, size_t stride) {
    float sum = 0;
    for (size_t k = 0; k < tap.weights.size(); ++k)
      sum += tap.weights[k] * static_cast<float>(line[(tap.first + k) * stride]);
    return sum;
  }

  DatasetPtr base_;
  SampleSpec spec_;
  size_t bytes_ = 0, from_height_ = 0, from_width_ = 0;
  std::vector<Tap> rows_, columns_;
};

}  // namespace

DatasetPtr resize(DatasetPtr base, int64_t height, int64_t width) {
  return std::make_shared<Resize>(std::move(base), height, width);
}

}  // namespace pare
