// A dense row-major array: value semantics, shared buffer, copied on the first write (copy on write).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "format/dtype.h"
#include "format/shape.h"
#include "format/status.h"

namespace pare {

class Tensor {
 public:
  Tensor() = default;
  // Zero-filled. The caller has checked that the element count fits (element_count); see `create` for hostile shapes.
  Tensor(DType type, Shape shape);
  template <class T>
  static Tensor of(Shape shape, std::span<const T> values);
  template <class T>
  static Tensor scalar(T value) {
    return of<T>({}, std::span<const T>(&value, 1));
  }
  // For sizes that come from a file: checks overflow and `limit` bytes before anything is allocated.
  static Result<Tensor> create(DType type, Shape shape, uint64_t limit);
  // Shares bytes that `owner` keeps alive (a memory-mapped file); the first write copies them.
  static Tensor borrow(DType type, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

  DType dtype() const { return type_; }
  const Shape& shape() const { return shape_; }
  int64_t dim(size_t i) const { return shape_[i]; }
  size_t rank() const { return shape_.size(); }
  int64_t size() const { return size_; }  // elements
  size_t byte_size() const { return bytes_.size(); }
  bool empty() const { return type_ == DType::none; }  // default-constructed; a tensor of 0 elements is not empty()

  std::span<const std::byte> bytes() const { return bytes_; }
  std::span<std::byte> edit_bytes();  // copies first when the buffer is shared
  // T must match dtype(): dtype_of<T>.
  template <class T>
  std::span<const T> view() const {
    return {reinterpret_cast<const T*>(bytes_.data()), static_cast<size_t>(size_)};
  }
  template <class T>
  std::span<T> edit() {
    auto b = edit_bytes();
    return {reinterpret_cast<T*>(b.data()), static_cast<size_t>(size_)};
  }

  Tensor reshaped(Shape shape) const;  // same element count, shared buffer
  // Same dtype, shape and bytes.
  friend bool operator==(const Tensor& a, const Tensor& b);

 private:
  DType type_ = DType::none;
  Shape shape_;
  int64_t size_ = 0;
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;            // keeps bytes_ alive
  std::shared_ptr<std::vector<std::byte>> own_;  // set when the buffer is ours to edit
};

template <class T>
Tensor Tensor::of(Shape shape, std::span<const T> values) {
  Tensor t(dtype_of<T>, std::move(shape));
  auto out = t.template edit<T>();
  for (size_t i = 0; i < out.size(); ++i) out[i] = values[i];
  return t;
}

// Conversion between element types; floats to integers round to nearest even and saturate. f16 and bf16 included.
Tensor cast(const Tensor& t, DType to);
float f16_to_f32(uint16_t bits);
uint16_t f32_to_f16(float value);  // round to nearest even
float bf16_to_f32(uint16_t bits);
uint16_t f32_to_bf16(float value);  // round to nearest even

}  // namespace pare
