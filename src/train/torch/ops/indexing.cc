// Ops that put tensors together and take them apart: Concat, Split, Slice, Gather, Pad.
#include <algorithm>
#include <string>

#include "core/error.h"
#include "train/torch/convert.h"
#include "train/torch/op.h"

namespace pare::engine {
namespace {

// Elements start, start + step, ... up to but without end, after ONNX's clamping.
at::Tensor slice_axis(const at::Tensor& x, int64_t axis, int64_t start, int64_t end, int64_t step) {
  ensure(step != 0, "a Slice with step 0");
  const int64_t size = x.size(axis);
  const auto from_front = [size](int64_t i) { return i < 0 ? i + size : i; };
  if (step > 0) {
    start = std::clamp<int64_t>(from_front(start), 0, size);
    end = std::clamp<int64_t>(from_front(end), 0, size);
    return x.slice(axis, start, std::max(start, end), std::min(step, std::max<int64_t>(size, 1)));
  }
  if (size == 0) return x;
  start = std::clamp<int64_t>(from_front(start), 0, size - 1);
  end = std::clamp<int64_t>(end < -size ? -1 : from_front(end), -1, size - 1);
  if (start <= end) return x.slice(axis, 0, 0);
  const int64_t stride = step < -size ? size : -step;
  const int64_t count = (start - end + stride - 1) / stride;
  return x.slice(axis, start - (count - 1) * stride, start + 1, stride).flip({axis});
}

// Index of the element that stands at each place of an axis of `size` elements after padding.
at::Tensor padded_index(int64_t size, int64_t before, int64_t after, bool reflect) {
  ensure(size > 0, "Pad repeats an empty axis");
  ensure(!reflect || (before < size && after < size), "Pad reflects {} and {} elements of {}", before, after, size);
  std::vector<int64_t> index;
  for (int64_t i = -before; i < size + after; ++i) {
    const int64_t mirrored = i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
    index.push_back(reflect ? mirrored : std::clamp<int64_t>(i, 0, size - 1));
  }
  return at::tensor(index, at::kLong);
}

}  // namespace

Kernel prepare_concat(const Node& node) {
  const int64_t axis = node.attributes.integer("axis", 0);
  return [=](Inputs in, const Mode&) -> Outputs { return {at::cat(at::TensorList(in.data(), in.size()), axis)}; };
}

Kernel prepare_split(const Node& node) {
  const int64_t axis = node.attributes.integer("axis", 0);
  const int64_t count = static_cast<int64_t>(node.outputs.size());
  const std::vector<int64_t> given = node.attributes.integers("split");
  return [=](Inputs in, const Mode&) -> Outputs {
    std::vector<int64_t> sizes = present(in, 1) ? integers(in[1]) : given;
    if (sizes.empty()) {
      int64_t left = in[0].size(axis_of(axis, in[0].dim()));
      const int64_t each = (left + count - 1) / count;  // the last may be smaller
      for (int64_t i = 0; i < count; ++i, left -= sizes.back()) sizes.push_back(std::min(each, left));
    }
    return at::split_with_sizes(in[0], sizes, axis);
  };
}

Kernel prepare_slice(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs {
    const std::vector<int64_t> starts = integers(in[1]), ends = integers(in[2]);
    std::vector<int64_t> axes, steps;
    if (present(in, 3))
      axes = integers(in[3]);
    else
      for (size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
    steps = present(in, 4) ? integers(in[4]) : std::vector<int64_t>(starts.size(), 1);
    ensure(starts.size() == ends.size() && axes.size() == starts.size() && steps.size() == starts.size(),
           "starts, ends, axes and steps differ in length");
    at::Tensor y = in[0];
    for (size_t i = 0; i < axes.size(); ++i) y = slice_axis(y, axis_of(axes[i], y.dim()), starts[i], ends[i], steps[i]);
    return {y};
  };
}

Kernel prepare_gather(const Node& node) {
  const int64_t given = node.attributes.integer("axis", 0);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor& x = in[0];
    const int64_t axis = axis_of(given, x.dim());
    at::Tensor index = in[1].to(at::kLong).flatten();
    index = at::where(index.lt(0), index + x.size(axis), index).to(x.device());
    const at::Tensor rows = at::index_select(x, axis, index);
    std::vector<int64_t> shape = x.sizes().vec();
    shape.erase(shape.begin() + axis);
    shape.insert(shape.begin() + axis, in[1].sizes().begin(), in[1].sizes().end());
    return {rows.reshape(shape)};
  };
}

// Negative pads crop; they apply first.
Kernel prepare_pad(const Node& node) {
  const std::string mode = node.attributes.text("mode", "constant");
  ensure(mode == "constant" || mode == "reflect" || mode == "edge", "Pad has mode '{}'", mode);
  return [=](Inputs in, const Mode&) -> Outputs {
    at::Tensor y = in[0];
    const std::vector<int64_t> pads = integers(in[1]);
    std::vector<int64_t> axes;
    if (present(in, 3))
      axes = integers(in[3]);
    else
      for (int64_t i = 0; i < y.dim(); ++i) axes.push_back(i);
    ensure(pads.size() == 2 * axes.size(), "pads must have {} entries", 2 * axes.size());
    std::vector<int64_t> constant(2 * static_cast<size_t>(y.dim()), 0);  // last axis first
    for (size_t i = 0; i < axes.size(); ++i) {
      const int64_t axis = axis_of(axes[i], y.dim());
      int64_t before = pads[i], after = pads[i + axes.size()];
      const int64_t first = std::max<int64_t>(-before, 0), last = y.size(axis) - std::max<int64_t>(-after, 0);
      ensure(first <= last, "Pad removes more than axis {} has", axis);
      y = y.slice(axis, first, last);
      before = std::max<int64_t>(before, 0), after = std::max<int64_t>(after, 0);
      const size_t place = 2 * static_cast<size_t>(y.dim() - 1 - axis);
      if (mode == "constant")
        constant[place] = before, constant[place + 1] = after;
      else if (before || after)
        y = at::index_select(y, axis, padded_index(y.size(axis), before, after, mode == "reflect").to(y.device()));
    }
    if (mode != "constant") return {y};
    return {at::constant_pad_nd(y, constant, present(in, 2) ? in[2].item() : at::Scalar(0))};
  };
}

}  // namespace pare::engine
