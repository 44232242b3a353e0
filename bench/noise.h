// Images of noise with the classes 0..9 in turn, made in memory: data that costs a benchmark nothing.
#pragma once

#include <cstring>
#include <vector>

#include "core/data/dataset.h"
#include "core/random.h"

class Noise final : public pare::Dataset {
 public:
  Noise(pare::Shape image, int64_t count) : count_(static_cast<size_t>(count)) {
    spec_.inputs = {{pare::DType::f32, std::move(image)}};
    pixels_.resize(count_ * spec_.inputs[0].byte_size() / sizeof(float));
    pare::Random random(1);
    for (float& v : pixels_) v = static_cast<float>(random.uniform());
  }
  size_t size() const override { return count_; }
  const pare::SampleSpec& spec() const override { return spec_; }
  void read(size_t index, uint64_t, const pare::SampleBuffer& out) const override {
    const size_t bytes = spec_.inputs[0].byte_size();
    std::memcpy(out.inputs[0].data(), reinterpret_cast<const std::byte*>(pixels_.data()) + index * bytes, bytes);
    const int64_t target = static_cast<int64_t>(index % 10);
    std::memcpy(out.target.data(), &target, sizeof target);
  }
  // All images, one after the other.
  const std::vector<float>& pixels() const { return pixels_; }

 private:
  size_t count_;
  pare::SampleSpec spec_;
  std::vector<float> pixels_;
};
