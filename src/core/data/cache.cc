#include <cstring>

#include "core/data/wrappers.h"

namespace pare {
namespace {

class Cache final : public Dataset {
 public:
  explicit Cache(const Dataset& base) : size_(base.size()), spec_(base.spec()) {
    for (const FieldSpec& input : spec_.inputs) sizes_.push_back(input.byte_size());
    sizes_.push_back(spec_.target.byte_size());
    for (size_t bytes : sizes_) stride_ += bytes;
    bytes_.resize(size_ * stride_);
    std::vector<std::span<std::byte>> fields(sizes_.size());
    for (size_t i = 0; i < size_; ++i) {
      std::byte* at = bytes_.data() + i * stride_;
      for (size_t f = 0; f < sizes_.size(); at += sizes_[f++]) fields[f] = {at, sizes_[f]};
      base.read(i, 0, {std::span(fields).first(spec_.inputs.size()), fields.back()});
    }
  }
  size_t size() const override { return size_; }
  const SampleSpec& spec() const override { return spec_; }
  int64_t label(size_t index) const override {
    if (spec_.target.dtype != DType::i64 || !spec_.target.shape.empty()) return -1;
    int64_t label = -1;
    std::memcpy(&label, bytes_.data() + (index + 1) * stride_ - sizeof label, sizeof label);
    return label;
  }
  void read(size_t index, uint64_t, const SampleBuffer& out) const override {
    const std::byte* at = bytes_.data() + index * stride_;
    for (size_t f = 0; f < out.inputs.size(); at += sizes_[f++]) std::memcpy(out.inputs[f].data(), at, sizes_[f]);
    std::memcpy(out.target.data(), at, sizes_.back());
  }

 private:
  size_t size_;
  SampleSpec spec_;
  std::vector<size_t> sizes_;  // bytes of each input, then of the target
  size_t stride_ = 0;
  std::vector<std::byte> bytes_;
};

}  // namespace

DatasetPtr cache(const DatasetPtr& base) { return std::make_shared<Cache>(*base); }

}  // namespace pare
