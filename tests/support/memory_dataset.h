// Data sets that live in memory, for tests.
#pragma once

#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "core/data/dataset.h"
#include "core/random.h"

namespace pare::testing {

// Float inputs of one shape; targets are classes, or vectors of floats.
class MemoryDataset final : public Dataset {
 public:
  MemoryDataset(Shape shape, std::vector<float> inputs, std::vector<int64_t> classes)
      : inputs_(std::move(inputs)), classes_(std::move(classes)), count_(classes_.size()) {
    spec_.inputs = {{DType::f32, std::move(shape)}};
  }
  MemoryDataset(Shape shape, std::vector<float> inputs, Shape target_shape, std::vector<float> targets)
      : inputs_(std::move(inputs)), targets_(std::move(targets)) {
    spec_.inputs = {{DType::f32, std::move(shape)}};
    spec_.target = {DType::f32, std::move(target_shape)};
    count_ = targets_.size() * sizeof(float) / spec_.target.byte_size();
  }
  size_t size() const override { return count_; }
  const SampleSpec& spec() const override { return spec_; }
  void read(size_t index, uint64_t, const SampleBuffer& out) const override {
    copy(inputs_.data(), index, out.inputs[0]);
    if (classes_.empty())
      copy(targets_.data(), index, out.target);
    else
      copy(classes_.data(), index, out.target);
  }

 private:
  template <class T>
  static void copy(const T* from, size_t index, std::span<std::byte> to) {
    std::memcpy(to.data(), reinterpret_cast<const std::byte*>(from) + index * to.size(), to.size());
  }
  SampleSpec spec_;
  std::vector<float> inputs_, targets_;
  std::vector<int64_t> classes_;
  size_t count_ = 0;
};

// Points around one centre per class: easy, but not trivial.
inline DatasetPtr clusters(size_t count, Shape shape, int64_t classes, uint64_t seed, double spread = 0.5) {
  const size_t width = static_cast<size_t>(*element_count(shape));
  std::vector<float> centres(width * static_cast<size_t>(classes)), inputs;
  Random centre_random(7);  // the same centres for every seed
  for (float& v : centres) v = static_cast<float>(centre_random.uniform(-1, 1));
  Random random(seed);
  std::vector<int64_t> labels;
  for (size_t i = 0; i < count; ++i) {
    labels.push_back(static_cast<int64_t>(random.below(static_cast<uint64_t>(classes))));
    const size_t base = static_cast<size_t>(labels.back()) * width;
    for (size_t k = 0; k < width; ++k)
      inputs.push_back(centres[base + k] + static_cast<float>(spread * random.normal()));
  }
  return std::make_shared<MemoryDataset>(std::move(shape), std::move(inputs), std::move(labels));
}

}  // namespace pare::testing
