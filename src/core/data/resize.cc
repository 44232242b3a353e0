#include "core/data/resample.h"
#include "core/data/wrappers.h"
#include "core/error.h"

namespace pare {
namespace {

class Resize final : public Dataset {
 public:
  Resize(DatasetPtr base, int64_t height, int64_t width) : base_(std::move(base)), spec_(base_->spec()) {
    ensure(spec_.inputs.size() == 1 && spec_.inputs[0].dtype == DType::u8 && spec_.inputs[0].shape.size() == 3,
           "resizing needs images of bytes");
    ensure(height >= 1 && width >= 1 && height <= 16384 && width <= 16384, "images of {} x {} pixels", height, width);
    const Shape from = spec_.inputs[0].shape;
    bytes_ = spec_.inputs[0].byte_size();
    rows_ = make_taps(from[1], 0, static_cast<double>(from[1]), height);
    columns_ = make_taps(from[2], 0, static_cast<double>(from[2]), width);
    spec_.inputs[0].shape = {from[0], height, width};
    from_plane_ = static_cast<size_t>(from[1] * from[2]);
    from_width_ = static_cast<size_t>(from[2]);
  }
  size_t size() const override { return base_->size(); }
  const SampleSpec& spec() const override { return spec_; }
  int64_t label(size_t index) const override { return base_->label(index); }

  void read(size_t index, uint64_t draw, const SampleBuffer& out) const override {
    std::vector<uint8_t> raw(bytes_);
    const std::span<std::byte> raw_bytes = std::as_writable_bytes(std::span(raw));
    base_->read(index, draw, {{&raw_bytes, 1}, out.target});
    auto* y = reinterpret_cast<uint8_t*>(out.inputs[0].data());
    for (size_t at = 0; at < bytes_; at += from_plane_, y += rows_.first.size() * columns_.first.size())
      resample(raw.data() + at, from_width_, 1, rows_, columns_, y);
  }

 private:
  DatasetPtr base_;
  SampleSpec spec_;
  size_t bytes_ = 0, from_plane_ = 0, from_width_ = 0;
  Taps rows_, columns_;
};

}  // namespace

DatasetPtr resize(DatasetPtr base, int64_t height, int64_t width) {
  return std::make_shared<Resize>(std::move(base), height, width);
}

}  // namespace pare
