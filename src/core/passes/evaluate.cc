#include "core/passes/evaluate.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "format/onnx_dtype.h"
#include "format/ops/slice.h"

namespace pare {
namespace {

// Elements of a tensor in an order of their own: element (i, j, ...) lies at offset + i * strides[0] + j * strides[1] +
// ...
struct StridedView {
  const Tensor* tensor;
  int64_t offset = 0;
  Shape strides;
};

Shape dense_strides(const Shape& shape) {
  Shape strides(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0; stride *= shape[i]) strides[i] = stride;
  return strides;
}

// Calls visit(offset of the first view, offset of the second, ...) for every element of `shape` in row-major order.
template <size_t N, class Visit>
void walk(const Shape& shape, const StridedView* const (&views)[N], Visit&& visit) {
  int64_t at[N];
  for (size_t v = 0; v < N; ++v) at[v] = views[v]->offset;
  Shape index(shape.size(), 0);
  for (int64_t left = *element_count(shape); left > 0; --left) {
    visit(at);
    for (size_t axis = shape.size(); axis-- > 0;) {
      for (size_t v = 0; v < N; ++v) at[v] += views[v]->strides[axis];
      if (++index[axis] < shape[axis]) break;
      for (size_t v = 0; v < N; ++v) at[v] -= views[v]->strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

Tensor copy_of(const StridedView& view, const Shape& shape) {
  Tensor result(view.tensor->dtype(), shape);
  const size_t size = size_of(result.dtype());
  std::byte* out = result.edit_bytes().data();
  const std::byte* in = view.tensor->bytes().data();
  walk(shape, {&view}, [&](const int64_t(&at)[1]) {
    std::memcpy(out, in + static_cast<size_t>(at[0]) * size, size);
    out += size;
  });
  return result;
}

size_t axis_of(const Node& node, int64_t otherwise, size_t rank) {
  const int64_t axis = node.attributes.integer("axis", otherwise);
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
}

std::vector<int64_t> integers_of(const Tensor& tensor) {
  const Tensor wide = cast(tensor, DType::i64);
  const auto values = wide.view<int64_t>();
  return {values.begin(), values.end()};
}

Tensor transposed(const Node& node, const Tensor& x, const Shape& shape) {
  std::vector<int64_t> order = node.attributes.integers("perm");
  if (order.empty()) {
    for (size_t i = x.rank(); i-- > 0;) order.push_back(static_cast<int64_t>(i));
  }
  const Shape strides = dense_strides(x.shape());
  StridedView view{&x, 0, {}};
  for (const int64_t axis : order) view.strides.push_back(strides[static_cast<size_t>(axis)]);
  return copy_of(view, shape);
}

Tensor sliced(std::span<const Tensor* const> inputs, const Shape& shape) {
  const Tensor& x = *inputs[0];
  const auto starts = integers_of(*inputs[1]), ends = integers_of(*inputs[2]);
  const auto axes = inputs.size() > 3 && inputs[3] ? integers_of(*inputs[3]) : std::vector<int64_t>{};
  const auto steps = inputs.size() > 4 && inputs[4] ? integers_of(*inputs[4]) : std::vector<int64_t>{};
  StridedView view{&x, 0, dense_strides(x.shape())};
  for (size_t i = 0; i < starts.size(); ++i) {
    int64_t axis = axes.empty() ? static_cast<int64_t>(i) : axes[i];
    if (axis < 0) axis += static_cast<int64_t>(x.rank());
    const size_t a = static_cast<size_t>(axis);
    const SliceRange range = slice_range(starts[i], ends[i], steps.empty() ? 1 : steps[i], x.dim(a));
    view.offset += range.start * view.strides[a];
    view.strides[a] *= range.count > 1 ? range.step : 0;
  }
  return copy_of(view, shape);
}

std::optional<Tensor> gathered(const Node& node, const Tensor& x, const Tensor& indices, const Shape& shape) {
  const size_t axis = axis_of(node, 0, x.rank());
  const size_t inner = static_cast<size_t>(dense_strides(x.shape())[axis]) * size_of(x.dtype());
  const size_t extent = static_cast<size_t>(x.dim(axis));
  const size_t outer = inner * extent == 0 ? 0 : x.byte_size() / (inner * extent);
  Tensor result(x.dtype(), shape);
  std::byte* out = result.edit_bytes().data();
  const auto picks = integers_of(indices);
  for (const int64_t pick : picks) {
    if (pick < -x.dim(axis) || pick >= x.dim(axis)) return {};
  }
  for (size_t o = 0; o < outer; ++o) {
    for (const int64_t pick : picks) {
      const size_t p = static_cast<size_t>(pick < 0 ? pick + x.dim(axis) : pick);
      std::memcpy(out, x.bytes().data() + (o * extent + p) * inner, inner);
      out += inner;
    }
  }
  return result;
}

std::optional<Tensor> concatenated(const Node& node, std::span<const Tensor* const> inputs, const Shape& shape) {
  const size_t axis = axis_of(node, 0, shape.size());
  Tensor result(inputs[0]->dtype(), shape);
  const size_t outer = static_cast<size_t>(*element_count(std::span(shape).first(axis)));
  std::byte* out = result.edit_bytes().data();
  for (size_t o = 0; o < outer; ++o) {
    for (const Tensor* input : inputs) {
      const size_t run = input->byte_size() / outer;
      if (run != 0) std::memcpy(out, input->bytes().data() + o * run, run);
      out += run;
    }
  }
  return result;
}

std::vector<Tensor> split(const Node& node, const Tensor& x, std::span<const Shape> shapes) {
  const size_t axis = axis_of(node, 0, x.rank());
  StridedView view{&x, 0, dense_strides(x.shape())};
  std::vector<Tensor> parts;
  for (const Shape& shape : shapes) {
    parts.push_back(copy_of(view, shape));
    view.offset += view.strides[axis] * shape[axis];
  }
  return parts;
}

// ONNX casts floats to integers by truncation; what does not fit is undefined there and not folded here.
std::optional<Tensor> converted(const Tensor& x, DType to) {
  if (to == DType::none) return {};
  if (to == DType::boolean) {
    const Tensor wide = cast(x, DType::f64);
    Tensor result(DType::boolean, x.shape());
    auto out = result.edit<bool>();
    std::transform(wide.view<double>().begin(), wide.view<double>().end(), out.begin(),
                   [](double v) { return v != 0; });
    return result;
  }
  if (is_integer(x.dtype()) && is_integer(to)) {  // ours saturates, ONNX's keeps the low bits
    Tensor result = cast(x, to);
    if (!(cast(result, x.dtype()) == x)) return {};
    return result;
  }
  if (!is_float(x.dtype()) || !is_integer(to)) return cast(x, to);
  Tensor wide = cast(x, DType::f64);
  const bool is_signed = to == DType::i8 || to == DType::i16 || to == DType::i32 || to == DType::i64;
  const int bits = static_cast<int>(size_of(to)) * 8 - is_signed;
  for (double& v : wide.edit<double>()) {
    v = std::trunc(v);
    if (!(v < std::ldexp(1.0, bits) && v >= (is_signed ? -std::ldexp(1.0, bits) : 0.0))) return {};
  }
  return cast(wide, to);
}

StridedView broadcast(const Tensor& x, const Shape& shape) {
  StridedView view{&x, 0, Shape(shape.size(), 0)};
  const Shape strides = dense_strides(x.shape());
  const size_t lead = shape.size() - x.rank();
  for (size_t i = 0; i < x.rank(); ++i) view.strides[lead + i] = x.dim(i) == 1 ? 0 : strides[i];
  return view;
}

// a op b; nothing where C++ and ONNX would both shrug. Integers wrap.
template <class T>
bool combine(OpKind op, T a, T b, T& out) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    const U ua = static_cast<U>(a), ub = static_cast<U>(b);
    if (op == OpKind::div && (b == 0 || (a == std::numeric_limits<T>::min() && b == -1))) return false;
    out = op == OpKind::add   ? static_cast<T>(ua + ub)
          : op == OpKind::sub ? static_cast<T>(ua - ub)
          : op == OpKind::mul ? static_cast<T>(ua * ub)
                              : static_cast<T>(a / b);
  } else {
    out = op == OpKind::add ? a + b : op == OpKind::sub ? a - b : op == OpKind::mul ? a * b : a / b;
  }
  return true;
}

template <class T>
std::optional<Tensor> arithmetic(OpKind op, const Tensor& a, const Tensor& b, const Shape& shape) {
  Tensor result(dtype_of<T>, shape);
  const StridedView va = broadcast(a, shape), vb = broadcast(b, shape);
  const auto pa = a.view<T>(), pb = b.view<T>();
  auto out = result.edit<T>().begin();
  bool ok = true;
  walk(shape, {&va, &vb}, [&](const int64_t(&at)[2]) {
    ok &= combine(op, pa[static_cast<size_t>(at[0])], pb[static_cast<size_t>(at[1])], *out++);
  });
  return ok ? std::optional(std::move(result)) : std::nullopt;
}

std::optional<Tensor> arithmetic(OpKind op, const Tensor& a, const Tensor& b, const Shape& shape) {
  if (a.dtype() != b.dtype()) return {};
  switch (a.dtype()) {
    case DType::f32:
      return arithmetic<float>(op, a, b, shape);
    case DType::f64:
      return arithmetic<double>(op, a, b, shape);
    case DType::i32:
      return arithmetic<int32_t>(op, a, b, shape);
    case DType::i64:
      return arithmetic<int64_t>(op, a, b, shape);
    default:
      return {};
  }
}

std::optional<Tensor> evaluate_one(const Node& node, std::span<const Tensor* const> inputs, const Shape& shape) {
  switch (node.op) {
    case OpKind::identity:
    case OpKind::reshape:
    case OpKind::flatten:
    case OpKind::squeeze:
    case OpKind::unsqueeze:
      if (element_count(shape) != inputs[0]->size()) return {};
      return inputs[0]->reshaped(shape);
    case OpKind::transpose:
      return transposed(node, *inputs[0], shape);
    case OpKind::slice:
      return sliced(inputs, shape);
    case OpKind::gather:
      return gathered(node, *inputs[0], *inputs[1], shape);
    case OpKind::concat:
      return concatenated(node, inputs, shape);
    case OpKind::cast:
      return converted(*inputs[0], dtype_from_onnx(node.attributes.integer("to", 0)));
    case OpKind::add:
    case OpKind::sub:
    case OpKind::mul:
    case OpKind::div:
      return arithmetic(node.op, *inputs[0], *inputs[1], shape);
    default:
      return {};
  }
}

}  // namespace

std::optional<std::vector<Tensor>> evaluate(const Node& node, std::span<const Tensor* const> inputs,
                                            std::span<const Shape> shapes) {
  if (inputs.empty() || !inputs[0] || shapes.empty()) return {};
  if (node.op == OpKind::split) return split(node, *inputs[0], shapes);
  auto result = evaluate_one(node, inputs, shapes[0]);
  if (!result) return {};
  return std::vector<Tensor>{std::move(*result)};
}

}  // namespace pare
