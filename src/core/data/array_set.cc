#include "core/data/array_set.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace pare {
namespace {

Shape row_shape(const Tensor& array) { return {array.shape().begin() + 1, array.shape().end()}; }

// Row `index` as elements of `type`, where the array has other ones too.
void copy_row(const Tensor& array, size_t index, DType type, std::span<std::byte> out) {
  const size_t bytes = array.byte_size() / static_cast<size_t>(array.dim(0));
  const std::span<const std::byte> row = array.bytes().subspan(index * bytes, bytes);
  if (array.dtype() == type) {
    std::memcpy(out.data(), row.data(), row.size());
    return;
  }
  const Tensor converted = cast(Tensor::borrow(array.dtype(), row_shape(array), row, nullptr), type);
  std::memcpy(out.data(), converted.bytes().data(), out.size());
}

class ArraySet final : public Dataset {
 public:
  ArraySet(Arrays arrays, Shape shape, DType type) : arrays_(std::move(arrays)) {
    const Tensor &x = arrays_.x, &y = arrays_.y;
    ensure(x.rank() >= 1 && y.rank() >= 1 && x.dim(0) == y.dim(0), "arrays of samples and targets differ in length");
    ensure(element_count(shape) == element_count(row_shape(x)), "samples do not have the shape that is asked for");
    spec_.inputs = {{type, std::move(shape)}};
    // A column of classes is one class per sample; a column of values stays a vector, as networks give it.
    Shape target = row_shape(y);
    const bool classes = !is_float(y.dtype());
    if (classes && target == Shape{1}) target.clear();
    if (!classes && target.empty()) target = {1};
    spec_.target = {classes ? DType::i64 : DType::f32, std::move(target)};
  }
  size_t size() const override { return static_cast<size_t>(arrays_.x.dim(0)); }
  const SampleSpec& spec() const override { return spec_; }
  int64_t label(size_t index) const override {
    if (spec_.target.dtype != DType::i64 || !spec_.target.shape.empty()) return -1;
    int64_t label = -1;
    copy_row(arrays_.y, index, DType::i64, std::as_writable_bytes(std::span(&label, 1)));
    return label;
  }
  void read(size_t index, uint64_t, const SampleBuffer& out) const override {
    copy_row(arrays_.x, index, spec_.inputs[0].dtype, out.inputs[0]);
    copy_row(arrays_.y, index, spec_.target.dtype, out.target);
    if (spec_.target.dtype != DType::i64 || arrays_.ignored < 0) return;
    auto* classes = reinterpret_cast<int64_t*>(out.target.data());
    std::replace(classes, classes + out.target.size() / sizeof(int64_t), arrays_.ignored, kNoClass);
  }

 private:
  Arrays arrays_;
  SampleSpec spec_;
};

Shape without_ones(Shape shape) {
  std::erase(shape, 1);
  return shape;
}

}  // namespace

DatasetPtr array_set(Arrays arrays, Shape shape, DType type) {
  return std::make_shared<ArraySet>(std::move(arrays), std::move(shape), type);
}

int64_t count_classes(const Tensor& y, int64_t ignored, const std::string& name) {
  constexpr int64_t kMostClasses = 1'000'000;
  int64_t classes = 0;
  std::vector<int64_t> row(static_cast<size_t>(element_count(row_shape(y)).value_or(0)));
  for (int64_t i = 0; i < y.dim(0); ++i) {
    copy_row(y, static_cast<size_t>(i), DType::i64, std::as_writable_bytes(std::span(row)));
    for (const int64_t c : row) {
      if (c == ignored && ignored >= 0) continue;
      ensure(c >= 0 && c < kMostClasses, "{}: class {} in row {} (integers are classes, floats are values)", name, c,
             i);
      classes = std::max(classes, c + 1);
    }
  }
  return classes;
}

Shape fitted(const Shape& shape, const std::optional<FieldSpec>& input, bool regroup) {
  if (!input) return shape;
  Shape wanted = input->shape;
  if (std::count(wanted.begin(), wanted.end(), -1) == 1) {  // one open size follows from the others
    int64_t& open = *std::find(wanted.begin(), wanted.end(), -1);
    open = 1;
    const int64_t all = element_count(shape).value_or(0), known = element_count(wanted).value_or(0);
    if (known > 0 && all % known == 0) open = all / known;
  }
  const bool same =
      regroup ? element_count(wanted) == element_count(shape) : without_ones(wanted) == without_ones(shape);
  return same ? wanted : shape;
}

}  // namespace pare
