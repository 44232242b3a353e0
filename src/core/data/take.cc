// Some of the samples of another data set, in a given order.
#include "core/data/dataset.h"
#include "core/error.h"

namespace pare {
namespace {

class Take final : public Dataset {
 public:
  Take(DatasetPtr base, std::vector<size_t> indices) : base_(std::move(base)), indices_(std::move(indices)) {
    for (size_t i : indices_) ensure(i < base_->size(), "sample {} of a data set of {}", i, base_->size());
  }
  size_t size() const override { return indices_.size(); }
  const SampleSpec& spec() const override { return base_->spec(); }
  int64_t label(size_t index) const override { return base_->label(indices_[index]); }
  DatasetPtr with_random_crops(const CropRange& range) const override {
    const DatasetPtr cropped = base_->with_random_crops(range);
    return cropped ? take(cropped, indices_) : nullptr;
  }
  void read(size_t index, uint64_t draw, const SampleBuffer& out) const override {
    base_->read(indices_[index], draw, out);
  }

 private:
  DatasetPtr base_;
  std::vector<size_t> indices_;
};

}  // namespace

DatasetPtr take(DatasetPtr base, std::vector<size_t> indices) {
  return std::make_shared<Take>(std::move(base), std::move(indices));
}

}  // namespace pare
