#include "core/data/image_set.h"

#include <cstring>

#include "core/error.h"

namespace pare {
namespace {

class InMemory final : public Dataset {
 public:
  explicit InMemory(ImageSet images) : images_(std::move(images)) {
    ensure(images_.pixels.size() == images_.labels.size() * images_.image_bytes(),
           "an image set needs one label per image");
    spec_.inputs = {{DType::u8, {images_.channels, images_.height, images_.width}}};
  }
  size_t size() const override { return images_.labels.size(); }
  const SampleSpec& spec() const override { return spec_; }
  int64_t label(size_t index) const override { return images_.labels[index]; }
  void read(size_t index, uint64_t, const SampleBuffer& out) const override {
    const size_t bytes = images_.image_bytes();
    std::memcpy(out.inputs[0].data(), images_.pixels.data() + index * bytes, bytes);
    const int64_t label = images_.labels[index];
    std::memcpy(out.target.data(), &label, sizeof label);
  }

 private:
  ImageSet images_;
  SampleSpec spec_;
};

}  // namespace

DatasetPtr in_memory(ImageSet images) { return std::make_shared<InMemory>(std::move(images)); }

}  // namespace pare
