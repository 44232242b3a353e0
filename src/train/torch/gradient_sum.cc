#include "train/torch/gradient_sum.h"

namespace pare::engine {
namespace {

// Small enough that the first is on its way early, large enough that the latency of a sum does not count.
constexpr int64_t kBucketElements = (int64_t{4} << 20) / static_cast<int64_t>(sizeof(float));
constexpr int64_t kExtras = 2;

}  // namespace

GradientSum::GradientSum(ProcessGroup& group, const std::vector<Trained*>& parameters, at::Device device)
    : group_(group) {
  std::vector<int64_t> sizes, offsets;
  // A backward pass meets the last parameters first.
  for (auto p = parameters.rbegin(); p != parameters.rend(); ++p) {
    const int64_t elements = (*p)->weight.numel();
    if (sizes.empty() || sizes.back() + elements > kBucketElements) sizes.push_back(0);
    offsets.push_back(sizes.back());
    sizes.back() += elements;
    slots_.push_back({*p, sizes.size() - 1, {}});
  }
  sizes.front() += kExtras;
  for (const int64_t size : sizes) {
    buckets_.emplace_back();
    buckets_.back().flat = at::zeros({size}, at::TensorOptions(at::kFloat).device(device));
  }
  extras_ = buckets_.front().flat.narrow(0, sizes.front() - kExtras, kExtras);
  for (size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    at::Tensor& weight = slot.parameter->weight;
    Bucket& bucket = buckets_[slot.bucket];
    slot.view = bucket.flat.narrow(0, offsets[i], weight.numel()).view(weight.sizes());
    ++bucket.slots;
    if (!weight.requires_grad()) continue;
    slot.hook = static_cast<unsigned>(
        weight.register_hook([this, i](const at::Tensor& gradient) -> void { fill(slots_[i], gradient); }));
    slot.hooked = true;
  }
}

GradientSum::~GradientSum() {
  for (Slot& slot : slots_)
    if (slot.hooked) slot.parameter->weight.remove_hook(slot.hook);
}

void GradientSum::begin(const at::Tensor& loss, bool stop) {
  at::NoGradGuard no_gradients;
  next_ = 0;
  for (Slot& slot : slots_) slot.filled = false;
  for (Bucket& bucket : buckets_) bucket.missing = bucket.slots;
  extras_[0].copy_(loss.detach());
  extras_[1].fill_(stop ? 1 : 0);
}

void GradientSum::fill(Slot& slot, const at::Tensor& gradient) {
  at::NoGradGuard no_gradients;
  slot.view.copy_(gradient);
  slot.filled = true;
  --buckets_[slot.bucket].missing;
  start_ready();
}

// In order, so that all processes start the same sums in the same order.
void GradientSum::start_ready() {
  for (; next_ < buckets_.size() && buckets_[next_].missing == 0; ++next_)
    buckets_[next_].wait = group_.start_sum(buckets_[next_].flat);
}

GradientSum::Sums GradientSum::finish() {
  at::NoGradGuard no_gradients;
  for (Slot& slot : slots_) {
    if (slot.filled) continue;  // else: the loss does not depend on it
    slot.view.zero_();
    --buckets_[slot.bucket].missing;
  }
  start_ready();
  for (Bucket& bucket : buckets_) bucket.wait();
  for (Slot& slot : slots_)
    if (slot.filled) slot.parameter->weight.mutable_grad() = slot.view;
  const at::Tensor extras = extras_.cpu();
  return {extras[0].item<double>(), extras[1].item<double>() > 0};
}

}  // namespace pare::engine
