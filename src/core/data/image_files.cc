#include "core/data/image_files.h"

#include <atomic>
#include <cstring>

#include "core/data/crop.h"
#include "core/data/image_file.h"
#include "core/error.h"
#include "core/model_file.h"

namespace pare {
namespace {

constexpr uint64_t kMostImageBytes = uint64_t{1} << 30;

// Samples as they were read the first time, of as many of the first images as fit. Filled by any thread, at any time.
class Cache {
 public:
  Cache(size_t count, size_t sample_bytes, uint64_t bytes)
      : sample_bytes_(sample_bytes), samples_(std::min<uint64_t>(count, bytes / std::max<size_t>(sample_bytes, 1))) {}
  ~Cache() {
    for (std::atomic<std::byte*>& sample : samples_) delete[] sample.load();
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  bool find(size_t index, std::span<std::byte> out) const {
    if (index >= samples_.size()) return false;
    const std::byte* sample = samples_[index].load(std::memory_order_acquire);
    if (sample) std::memcpy(out.data(), sample, sample_bytes_);
    return sample != nullptr;
  }
  void keep(size_t index, std::span<const std::byte> sample) {
    if (index >= samples_.size()) return;
    auto copy = std::make_unique<std::byte[]>(sample_bytes_);
    std::memcpy(copy.get(), sample.data(), sample_bytes_);
    std::byte* expected = nullptr;
    if (samples_[index].compare_exchange_strong(expected, copy.get(), std::memory_order_acq_rel)) copy.release();
  }

 private:
  size_t sample_bytes_;
  std::vector<std::atomic<std::byte*>> samples_;
};

class Images final : public Dataset {
 public:
  Images(std::shared_ptr<const ImageFiles> files, const std::optional<CropRange>& range)
      : files_(std::move(files)), range_(range) {
    spec_.inputs = {{DType::u8, {files_->channels, files_->height, files_->width}}};
    cache_ = std::make_unique<Cache>(size(), spec_.inputs[0].byte_size(), range ? 0 : files_->cache_bytes);
  }
  size_t size() const override { return files_->paths.size(); }
  const SampleSpec& spec() const override { return spec_; }
  int64_t label(size_t index) const override { return files_->labels[index]; }
  DatasetPtr with_random_crops(const CropRange& range) const override {
    return std::make_shared<Images>(files_, range);
  }

  void read(size_t index, uint64_t draw, const SampleBuffer& out) const override {
    std::memcpy(out.target.data(), &files_->labels[index], sizeof(int64_t));
    if (cache_->find(index, out.inputs[0])) return;
    decode(files_->paths[index], draw, reinterpret_cast<uint8_t*>(out.inputs[0].data()));
    cache_->keep(index, out.inputs[0]);
  }

 private:
  void decode(const std::string& path, uint64_t draw, uint8_t* y) const {
    const std::vector<std::byte> bytes = read_file(path, kMostImageBytes);
    const ImageSize size = image_size(bytes, path);
    Random random{draw, hash_of("crop")};
    const auto height = static_cast<double>(files_->height), width = static_cast<double>(files_->width);
    Window window = range_ && draw != 0 ? random_window(size.height, size.width, *range_, random)
                                        : centre_window(size.height, size.width, width / height, files_->crop);
    int64_t shrink = 8;
    while (shrink > 1 &&
           (window.height < height * static_cast<double>(shrink) || window.width < width * static_cast<double>(shrink)))
      shrink /= 2;
    const Image image = decode_image(bytes, files_->channels, shrink, path);
    if (image.height < size.height)
      for (double* v : {&window.top, &window.left, &window.height, &window.width}) *v /= static_cast<double>(shrink);
    resample(image.pixels.data(), static_cast<size_t>(image.width), static_cast<size_t>(image.channels),
             make_taps(image.height, window.top, window.height, files_->height),
             make_taps(image.width, window.left, window.width, files_->width), y);
  }

  std::shared_ptr<const ImageFiles> files_;
  std::optional<CropRange> range_;
  SampleSpec spec_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace

DatasetPtr image_files(ImageFiles files) {
  ensure(files.paths.size() == files.labels.size(), "an image set needs one label per image");
  return std::make_shared<Images>(std::make_shared<const ImageFiles>(std::move(files)), std::nullopt);
}

}  // namespace pare
