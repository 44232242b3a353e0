// Preprocessing of images: from bytes to the floats a network takes.
#include <array>

#include "core/data/luma.h"
#include "core/data/wrappers.h"
#include "core/error.h"

namespace pare {
namespace {

// How output channel c is made from the planes of the source.
struct Plane {
  int64_t from;  // -1: luma of red, green, blue
  std::array<float, 256> table;
};

int64_t channel_count(std::string_view order) { return order == "L" ? 1 : 3; }

class Normalize final : public Dataset {
 public:
  Normalize(DatasetPtr base, std::string_view order, const Preprocessing& preprocessing) : base_(std::move(base)) {
    ensure(base_->spec().inputs.size() == 1 && base_->spec().inputs[0].dtype == DType::u8 &&
               base_->spec().inputs[0].shape.size() == 3,
           "preprocessing needs images of bytes");
    const Shape& shape = base_->spec().inputs[0].shape;
    ensure(shape[0] == channel_count(order), "images of {} channels in order {}", shape[0], order);
    pixels_ = static_cast<size_t>(shape[1] * shape[2]);
    bytes_ = pixels_ * static_cast<size_t>(shape[0]);
    const int64_t channels = channel_count(preprocessing.order);
    for (int64_t c = 0; c < channels; ++c)
      planes_.push_back({source_plane(order, preprocessing.order, c), table(preprocessing, c, channels)});
    swapped_ = order == "BGR";
    spec_ = base_->spec();
    spec_.inputs[0] = {DType::f32, {channels, shape[1], shape[2]}};
  }
  size_t size() const override { return base_->size(); }
  const SampleSpec& spec() const override { return spec_; }

  int64_t label(size_t index) const override { return base_->label(index); }
  DatasetPtr with_random_crops(const CropRange& range) const override {
    DatasetPtr cropped = base_->with_random_crops(range);
    if (!cropped) return nullptr;
    auto copy = std::make_shared<Normalize>(*this);
    copy->base_ = std::move(cropped);
    return copy;
  }

  void read(size_t index, uint64_t draw, const SampleBuffer& out) const override {
    thread_local std::vector<uint8_t> raw;
    raw.resize(bytes_);
    const std::span<std::byte> raw_bytes = std::as_writable_bytes(std::span(raw));
    base_->read(index, draw, {{&raw_bytes, 1}, out.target});
    auto* y = reinterpret_cast<float*>(out.inputs[0].data());
    for (const Plane& plane : planes_) {
      if (plane.from >= 0) {
        const uint8_t* x = raw.data() + static_cast<size_t>(plane.from) * pixels_;
        for (size_t i = 0; i < pixels_; ++i) y[i] = plane.table[x[i]];
      } else {
        for (size_t i = 0; i < pixels_; ++i) y[i] = plane.table[grey(raw.data() + i)];
      }
      y += pixels_;
    }
  }

 private:
  // The table holds (x * scale - mean) / std in double, rounded once.
  static std::array<float, 256> table(const Preprocessing& p, int64_t c, int64_t channels) {
    auto entry = [&](const std::vector<double>& of, std::string_view what) {
      ensure(of.size() == 1 || std::ssize(of) == channels, "preprocessing has {} values of {} for {} channels",
             of.size(), what, channels);
      return of[of.size() == 1 ? 0 : static_cast<size_t>(c)];
    };
    const double mean = entry(p.mean, "mean"), deviation = entry(p.std, "std");
    std::array<float, 256> values;
    for (int x = 0; x < 256; ++x) values[static_cast<size_t>(x)] = static_cast<float>((x * p.scale - mean) / deviation);
    return values;
  }
  static int64_t source_plane(std::string_view from, std::string_view to, int64_t c) {
    if (from == "L") return 0;  // grey into every channel
    if (to == "L") return -1;
    return from == to ? c : 2 - c;
  }
  uint8_t grey(const uint8_t* at) const {
    const unsigned first = at[0], green = at[pixels_], last = at[2 * pixels_];
    return swapped_ ? luma(last, green, first) : luma(first, green, last);
  }

  DatasetPtr base_;
  SampleSpec spec_;
  size_t pixels_ = 0, bytes_ = 0;
  bool swapped_ = false;
  std::vector<Plane> planes_;
};

}  // namespace

DatasetPtr normalize(DatasetPtr base, std::string_view order, const Preprocessing& preprocessing) {
  return std::make_shared<Normalize>(std::move(base), order, preprocessing);
}

}  // namespace pare
