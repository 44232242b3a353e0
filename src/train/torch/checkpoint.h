// The bytes a training run can go on from: plain fields in the order they are written, little-endian, with a
// fingerprint of the job so that another job's checkpoint is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "train/engine.h"
#include "train/torch/aten.h"

namespace pare::engine {

// visit()ed by what is stored; writes.
class CheckpointWriter {
 public:
  void field(int64_t& value) { number(&value, sizeof value); }
  void field(double& value) { number(&value, sizeof value); }
  void field(at::Tensor& tensor);  // f32; may be undefined
  void field(std::optional<BitMask>& mask);
  void field(EpochRecord& record);
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void number(const void* from, size_t size);
  std::vector<std::byte> bytes_;
};

// The same fields, read in the same order. Error(corrupt) when the bytes end early or make no sense.
class CheckpointReader {
 public:
  explicit CheckpointReader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  void field(int64_t& value) { number(&value, sizeof value); }
  void field(double& value) { number(&value, sizeof value); }
  // A defined tensor keeps its buffer, so that whoever shares it sees the new elements.
  void field(at::Tensor& tensor);
  void field(std::optional<BitMask>& mask);
  void field(EpochRecord& record);
  bool at_end() const { return position_ == bytes_.size(); }
  size_t left() const { return bytes_.size() - position_; }

 private:
  void number(void* to, size_t size);
  std::span<const std::byte> bytes_;
  size_t position_ = 0;
};

}  // namespace pare::engine
