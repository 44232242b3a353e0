// Ops that change a tensor's shape and keep its elements, and those that speak about shapes.
#include <algorithm>

#include "core/error.h"
#include "train/torch/convert.h"
#include "train/torch/op.h"

namespace pare::engine {

Kernel prepare_flatten(const Node& node) {
  const int64_t axis = node.attributes.integer("axis", 1);
  return [=](Inputs in, const Mode&) -> Outputs {
    const int64_t rank = in[0].dim();
    ensure(axis >= -rank && axis <= rank, "axis {} of a tensor of rank {}", axis, rank);
    const int64_t split = axis < 0 ? axis + rank : axis;
    int64_t rows = 1, columns = 1;
    for (int64_t i = 0; i < rank; ++i) (i < split ? rows : columns) *= in[0].size(i);
    return {in[0].reshape({rows, columns})};
  };
}

Kernel prepare_reshape(const Node& node) {
  const bool allow_zero = node.attributes.integer("allowzero", 0) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    std::vector<int64_t> shape = integers(in[1]);
    if (!allow_zero) {
      for (size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] != 0) continue;
        ensure(static_cast<int64_t>(i) < in[0].dim(), "shape entry {} is 0 and the input has rank {}", i, in[0].dim());
        shape[i] = in[0].size(static_cast<int64_t>(i));
      }
    }
    return {in[0].reshape(shape)};
  };
}

Kernel prepare_transpose(const Node& node) {
  const std::vector<int64_t> given = node.attributes.integers("perm");
  return [=](Inputs in, const Mode&) -> Outputs {
    if (!given.empty()) return {in[0].permute(given)};
    std::vector<int64_t> reversed;
    for (int64_t i = in[0].dim(); i-- > 0;) reversed.push_back(i);
    return {in[0].permute(reversed)};
  };
}

Kernel prepare_squeeze(const Node& node) {
  const std::vector<int64_t> given = node.attributes.integers("axes");
  return [=](Inputs in, const Mode&) -> Outputs {
    std::vector<int64_t> axes = present(in, 1) ? integers(in[1]) : given;
    if (axes.empty()) return {in[0].squeeze()};
    for (int64_t& axis : axes) axis = axis_of(axis, in[0].dim());
    std::sort(axes.rbegin(), axes.rend());
    at::Tensor y = in[0];
    for (const int64_t axis : axes) {
      ensure(y.size(axis) == 1, "axis {} has {} elements and cannot be squeezed", axis, y.size(axis));
      y = y.squeeze(axis);
    }
    return {y};
  };
}

Kernel prepare_unsqueeze(const Node& node) {
  const std::vector<int64_t> given = node.attributes.integers("axes");
  return [=](Inputs in, const Mode&) -> Outputs {
    std::vector<int64_t> axes = present(in, 1) ? integers(in[1]) : given;
    const int64_t rank = in[0].dim() + static_cast<int64_t>(axes.size());
    for (int64_t& axis : axes) axis = axis_of(axis, rank);  // of the result
    std::sort(axes.begin(), axes.end());
    at::Tensor y = in[0];
    for (const int64_t axis : axes) y = y.unsqueeze(axis);
    return {y};
  };
}

Kernel prepare_shape(const Node& node) {
  const int64_t start = node.attributes.integer("start", 0);
  const bool has_end = node.attributes.has("end");
  const int64_t stop = node.attributes.integer("end", 0);
  return [=](Inputs in, const Mode&) -> Outputs {
    const int64_t rank = in[0].dim();
    const auto clamp = [rank](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank); };
    const int64_t begin = clamp(start), end = std::max(begin, has_end ? clamp(stop) : rank);
    return {at::tensor(in[0].sizes().slice(static_cast<size_t>(begin), static_cast<size_t>(end - begin)), at::kLong)};
  };
}

Kernel prepare_size(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {at::scalar_tensor(in[0].numel(), at::kLong)}; };
}

Kernel prepare_constant(const Node& node) {
  const Attributes& attributes = node.attributes;
  Tensor value;
  if (const AttributeValue* v = attributes.find("value"); v && std::holds_alternative<Tensor>(*v))
    value = std::get<Tensor>(*v);
  else if (const AttributeValue* f = attributes.find("value_float"))
    value = Tensor::scalar(std::get<float>(*f));
  else if (const AttributeValue* n = attributes.find("value_int"))
    value = Tensor::scalar(std::get<int64_t>(*n));
  else if (const AttributeValue* fs = attributes.find("value_floats")) {
    const auto& list = std::get<std::vector<float>>(*fs);
    value = Tensor::of<float>({static_cast<int64_t>(list.size())}, list);
  } else if (const AttributeValue* ns = attributes.find("value_ints")) {
    const auto& list = std::get<std::vector<int64_t>>(*ns);
    value = Tensor::of<int64_t>({static_cast<int64_t>(list.size())}, list);
  } else {
    fail(Code::unsupported, "a Constant that is neither a tensor nor a number");
  }
  const at::Tensor constant = to_aten(value);
  return [=](Inputs, const Mode& mode) -> Outputs {
    return {constant.is_floating_point() ? constant.to(mode.device) : constant};
  };
}

}  // namespace pare::engine
