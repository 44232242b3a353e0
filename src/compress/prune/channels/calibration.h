// Running the network on calibration data.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "compress/batches.h"
#include "compress/prune/channels/criterion.h"

namespace pare {

// The samples that Engine::measure looks at, in batches small enough for `floats` numbers per sample to be held at
// once.
void for_batches(const ChannelContext& context, int64_t floats, const std::function<void(const Batch&)>& f);

// Runs the network and shows each activation of every group: `group` is its number, `tensor` its elements of one batch.
struct SeenActivation {
  size_t group = 0;
  ActivationPlace place;
  const Tensor& tensor;
};
void for_activations(const ChannelContext& context, const std::function<void(const SeenActivation&)>& f);

// Sums per channel of every group, as means over all that was counted.
class ChannelMeans {
 public:
  explicit ChannelMeans(const Channels& channels);
  void add(size_t group, size_t channel, double sum, double count) {
    sums_[group][channel] += sum;
    counts_[group][channel] += count;
  }
  // Empty for groups of which nothing was counted.
  std::vector<std::vector<float>> means() const;

 private:
  std::vector<std::vector<double>> sums_, counts_;
};
// Mean of f(x) over the elements of a group's activations.
std::vector<std::vector<float>> activation_means(const ChannelContext& context, double (*f)(double x));

}  // namespace pare
