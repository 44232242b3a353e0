// Random changes of training images that keep their class: crop, flip, shift, rotation, zoom, elastic distortion,
// cutout.
// Works on preprocessed images (f32; C, H, W); what comes in from outside the image is black.
#include <algorithm>
#include <cmath>

#include "core/data/crop.h"
#include "core/data/dataset.h"
#include "core/data/displacement.h"
#include "core/error.h"
#include "core/random.h"

namespace pare {
namespace {

class Augment final : public Dataset {
 public:
  Augment(DatasetPtr base, const AugmentOptions& options, const Preprocessing& p)
      : base_(std::move(base)), options_(options) {
    const SampleSpec& spec = base_->spec();
    ensure(spec.inputs.size() == 1 && spec.inputs[0].dtype == DType::f32 && spec.inputs[0].shape.size() == 3,
           "augmentation needs images (channels, height, width)");
    channels_ = spec.inputs[0].shape[0];
    height_ = spec.inputs[0].shape[1];
    width_ = spec.inputs[0].shape[2];
    if (!options_.random_resized_crop.empty()) {
      const CropRange range = crop_range(options_);
      DatasetPtr cropped = base_->with_random_crops(range);
      if (cropped)
        base_ = std::move(cropped);
      else
        crop_ = range;
    }
    for (size_t c = 0; c < static_cast<size_t>(channels_); ++c)
      black_.push_back(static_cast<float>((0 - p.mean[c < p.mean.size() ? c : 0]) / p.std[c < p.std.size() ? c : 0]));
  }
  size_t size() const override { return base_->size(); }
  const SampleSpec& spec() const override { return base_->spec(); }
  int64_t label(size_t index) const override { return base_->label(index); }

  void read(size_t index, uint64_t draw, const SampleBuffer& out) const override {
    if (draw == 0) return base_->read(index, draw, out);
    auto* y = reinterpret_cast<float*>(out.inputs[0].data());
    thread_local std::vector<float> image;
    image.resize(static_cast<size_t>(channels_ * height_ * width_));
    const std::span<std::byte> image_bytes = std::as_writable_bytes(std::span(image));
    base_->read(index, draw, {{&image_bytes, 1}, out.target});
    Random random{draw, hash_of("augment")};
    if (crop_) crop(image, random);
    const bool mirrored = options_.flip && random.below(2) == 1;
    const int64_t down = shift(random), right = shift(random);
    if (options_.rotate > 0 || options_.scale > 0 || options_.elastic > 0)
      warp(image.data(), y, mirrored, down, right, random);
    else
      move(image.data(), y, mirrored, down, right);
    if (options_.cutout > 0) cut(y, random);
  }

 private:
  // Images of one size, cut after they were read.
  void crop(std::vector<float>& image, Random& random) const {
    thread_local std::vector<float> whole;
    whole = image;
    const Window window = random_window(height_, width_, *crop_, random);
    const Taps rows = make_taps(height_, window.top, window.height, height_);
    const Taps columns = make_taps(width_, window.left, window.width, width_);
    const auto plane = static_cast<size_t>(height_ * width_);
    for (size_t at = 0; at < image.size(); at += plane)
      resample(whole.data() + at, static_cast<size_t>(width_), 1, rows, columns, image.data() + at);
  }

  int64_t shift(Random& random) const {
    return options_.shift > 0
               ? static_cast<int64_t>(random.below(static_cast<uint64_t>(2 * options_.shift + 1))) - options_.shift
               : 0;
  }

  // Whole pixels: copies rows.
  void move(const float* image, float* y, bool mirrored, int64_t down, int64_t right) const {
    const int64_t first = std::clamp<int64_t>(right, 0, width_), last = std::clamp<int64_t>(width_ + right, 0, width_);
    for (int64_t c = 0; c < channels_; ++c) {
      for (int64_t row = 0; row < height_; ++row, y += width_) {
        const int64_t from = row - down;
        if (from < 0 || from >= height_) {
          std::fill_n(y, width_, black_[static_cast<size_t>(c)]);
          continue;
        }
        const float* x = image + (c * height_ + from) * width_;
        std::fill(y, y + first, black_[static_cast<size_t>(c)]);
        if (mirrored)
          std::reverse_copy(x + width_ - (last - right), x + width_ - (first - right), y + first);
        else
          std::copy(x + (first - right), x + (last - right), y + first);
        std::fill(y + last, y + width_, black_[static_cast<size_t>(c)]);
      }
    }
  }

  // Each output pixel asks where it comes from, and interpolates there.
  void warp(const float* image, float* y, bool mirrored, int64_t down, int64_t right, Random& random) const {
    const double angle = random.uniform(-1, 1) * options_.rotate * (3.14159265358979323846 / 180);
    const double zoom = 1 / (1 + random.uniform(-1, 1) * options_.scale);
    const auto cosine = static_cast<float>(std::cos(angle) * zoom), sine = static_cast<float>(std::sin(angle) * zoom);
    const Displacement elastic(static_cast<float>(options_.elastic), random);
    const float middle_row = static_cast<float>(height_ - 1) / 2, middle_column = static_cast<float>(width_ - 1) / 2;
    const int64_t plane = height_ * width_;
    for (int64_t row = 0; row < height_; ++row) {
      const Displacement::Row along = elastic.row(static_cast<float>(row) / static_cast<float>(height_));
      for (int64_t column = 0; column < width_; ++column, ++y) {
        const auto v = static_cast<float>(row - down) - middle_row;
        auto u = static_cast<float>(column - right) - middle_column;
        if (mirrored) u = -u;
        float from_column = cosine * u + sine * v + middle_column, from_row = cosine * v - sine * u + middle_row;
        if (options_.elastic > 0) {
          const auto [dx, dy] = along.at(static_cast<float>(column) / static_cast<float>(width_));
          from_column += dx;
          from_row += dy;
        }
        interpolate(image, y, plane, from_row, from_column);
      }
    }
  }

  void interpolate(const float* image, float* y, int64_t plane, float row, float column) const {
    const auto row0 = static_cast<int64_t>(std::floor(row)), column0 = static_cast<int64_t>(std::floor(column));
    const float v = row - static_cast<float>(row0), u = column - static_cast<float>(column0);
    if (row0 >= 0 && row0 + 1 < height_ && column0 >= 0 && column0 + 1 < width_) {  // all four inside: nearly always
      const float* x = image + row0 * width_ + column0;
      for (int64_t c = 0; c < channels_; ++c, x += plane)
        y[c * plane] = (1 - v) * ((1 - u) * x[0] + u * x[1]) + v * ((1 - u) * x[width_] + u * x[width_ + 1]);
      return;
    }
    for (int64_t c = 0; c < channels_; ++c) {
      const float* x = image + c * plane;
      auto pixel = [&](int64_t r, int64_t k) {
        return r >= 0 && r < height_ && k >= 0 && k < width_ ? x[r * width_ + k] : black_[static_cast<size_t>(c)];
      };
      y[c * plane] = (1 - v) * ((1 - u) * pixel(row0, column0) + u * pixel(row0, column0 + 1)) +
                     v * ((1 - u) * pixel(row0 + 1, column0) + u * pixel(row0 + 1, column0 + 1));
    }
  }

  // A square around any pixel, clipped at the border, set to the mean of the data, which is 0 after preprocessing
  // (DeVries and Taylor 2017).
  void cut(float* y, Random& random) const {
    const int64_t top = static_cast<int64_t>(random.below(static_cast<uint64_t>(height_))) - options_.cutout / 2;
    const int64_t left = static_cast<int64_t>(random.below(static_cast<uint64_t>(width_))) - options_.cutout / 2;
    const int64_t first = std::max<int64_t>(0, left), last = std::min(width_, left + options_.cutout);
    for (int64_t c = 0; c < channels_; ++c)
      for (int64_t row = std::max<int64_t>(0, top); row < std::min(height_, top + options_.cutout); ++row)
        std::fill(y + (c * height_ + row) * width_ + first, y + (c * height_ + row) * width_ + last, 0.0F);
  }

  DatasetPtr base_;
  AugmentOptions options_;
  int64_t channels_ = 0, height_ = 0, width_ = 0;
  std::vector<float> black_;       // per channel
  std::optional<CropRange> crop_;  // to be done here
};

}  // namespace

DatasetPtr augment(DatasetPtr base, const AugmentOptions& options, const Preprocessing& preprocessing) {
  if (!options.any()) return base;
  return std::make_shared<Augment>(std::move(base), options, preprocessing);
}

}  // namespace pare
