// Preprocessing of what is no image.
#include "core/data/wrappers.h"
#include "core/error.h"

namespace pare {
namespace {

class Standardize final : public Dataset {
 public:
  Standardize(DatasetPtr base, const Preprocessing& p) : base_(std::move(base)) {
    const FieldSpec& input = base_->spec().inputs[0];
    ensure(base_->spec().inputs.size() == 1 && input.dtype == DType::f32, "preprocessing needs one input of f32");
    const size_t channels = input.shape.empty() ? 1 : static_cast<size_t>(input.shape[0]);
    for (const auto& [values, what] : {std::pair{&p.mean, "mean"}, std::pair{&p.std, "std"}})
      ensure(values->size() == 1 || values->size() == channels, "preprocessing has {} values of {} for {} channels",
             values->size(), what, channels);
    for (size_t c = 0; c < channels; ++c)
      channels_.push_back({p.scale, p.mean[p.mean.size() == 1 ? 0 : c], p.std[p.std.size() == 1 ? 0 : c]});
  }
  size_t size() const override { return base_->size(); }
  const SampleSpec& spec() const override { return base_->spec(); }
  int64_t label(size_t index) const override { return base_->label(index); }
  void read(size_t index, uint64_t draw, const SampleBuffer& out) const override {
    base_->read(index, draw, out);
    auto* x = reinterpret_cast<float*>(out.inputs[0].data());
    const size_t length = out.inputs[0].size() / sizeof(float) / channels_.size();
    for (const Channel& channel : channels_)
      for (const float* end = x + length; x != end; ++x)
        *x = static_cast<float>((*x * channel.scale - channel.mean) / channel.std);
  }

 private:
  struct Channel {
    double scale, mean, std;
  };
  DatasetPtr base_;
  std::vector<Channel> channels_;
};

}  // namespace

DatasetPtr standardize(DatasetPtr base, const Preprocessing& p) {
  const bool same = p.scale == 1 && p.mean == std::vector<double>{0} && p.std == std::vector<double>{1};
  return same ? base : std::make_shared<Standardize>(std::move(base), p);
}

}  // namespace pare
