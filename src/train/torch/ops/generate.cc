// Ops that make tensors, repeat them or rearrange their blocks.
#include <string>

#include "core/error.h"
#include "format/onnx_dtype.h"
#include "train/torch/convert.h"
#include "train/torch/op.h"

namespace pare::engine {

Kernel prepare_expand(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs {
    std::vector<int64_t> shape = integers(in[1]);
    const at::IntArrayRef own = in[0].sizes();
    while (shape.size() < own.size()) shape.insert(shape.begin(), 1);
    // Where the shape says 1 the input's own size stays.
    for (size_t i = 0; i < own.size(); ++i) {
      int64_t& size = shape[shape.size() - own.size() + i];
      if (size == 1) size = own[i];
    }
    return {in[0].expand(shape)};
  };
}

Kernel prepare_tile(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {in[0].repeat(integers(in[1]))}; };
}

Kernel prepare_constant_of_shape(const Node& node) {
  Tensor value = Tensor::scalar(0.0F);
  if (const AttributeValue* given = node.attributes.find("value"))
    if (const Tensor* tensor = std::get_if<Tensor>(given)) value = *tensor;
  const at::Tensor fill = to_aten(value).reshape({}).clone();
  return [=](Inputs in, const Mode& mode) -> Outputs {
    const at::Tensor y = at::full(integers(in[0]), fill.item(), fill.options());
    return {y.is_floating_point() ? y.to(mode.device) : y};
  };
}

Kernel prepare_range(const Node&) {
  return [](Inputs in, const Mode& mode) -> Outputs {
    const at::Scalar start = in[0].item(), limit = in[1].item(), delta = in[2].item();
    ensure(delta.toDouble() != 0, "a Range with step 0");
    const bool runs = delta.toDouble() > 0 ? start.toDouble() < limit.toDouble() : start.toDouble() > limit.toDouble();
    if (!runs) return {at::empty({0}, in[0].options())};
    const at::Tensor y = at::arange(start, limit, delta, in[0].options());
    return {y.is_floating_point() ? y.to(mode.device) : y};
  };
}

Kernel prepare_eye_like(const Node& node) {
  const int64_t k = node.attributes.integer("k", 0);
  Optional<at::ScalarType> type;
  if (node.attributes.has("dtype"))
    type = scalar_type(dtype_from_onnx(static_cast<uint32_t>(node.attributes.integer("dtype", 0))));
  return [=](Inputs in, const Mode& mode) -> Outputs {
    const int64_t rows = in[0].size(0), columns = in[0].size(1);
    const at::Tensor difference =
        at::arange(columns, at::kLong).unsqueeze(0) - at::arange(rows, at::kLong).unsqueeze(1);
    const at::Tensor y = difference.eq(k).to(type ? *type : in[0].scalar_type());
    return {y.is_floating_point() ? y.to(mode.device) : y};
  };
}

Kernel prepare_trilu(const Node& node) {
  const bool upper = node.attributes.integer("upper", 1) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    const int64_t k = present(in, 1) ? integers(in[1]).at(0) : 0;
    return {upper ? at::triu(in[0], k) : at::tril(in[0], k)};
  };
}

Kernel prepare_depth_to_space(const Node& node) {
  const int64_t b = node.attributes.integer("blocksize", 0);
  const bool columns_first = node.attributes.text("mode", "DCR") == "CRD";
  ensure(b >= 1, "DepthToSpace has blocksize {}", b);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor& x = in[0];
    const int64_t n = x.size(0), c = x.size(1) / (b * b), h = x.size(2), w = x.size(3);
    const at::Tensor y = columns_first ? x.reshape({n, c, b, b, h, w}).permute({0, 1, 4, 2, 5, 3})
                                       : x.reshape({n, b, b, c, h, w}).permute({0, 3, 4, 1, 5, 2});
    return {y.reshape({n, c, h * b, w * b})};
  };
}

Kernel prepare_space_to_depth(const Node& node) {
  const int64_t b = node.attributes.integer("blocksize", 0);
  ensure(b >= 1, "SpaceToDepth has blocksize {}", b);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor& x = in[0];
    const int64_t n = x.size(0), c = x.size(1), h = x.size(2) / b, w = x.size(3) / b;
    return {x.reshape({n, c, h, b, w, b}).permute({0, 3, 5, 1, 2, 4}).reshape({n, c * b * b, h, w})};
  };
}

Kernel prepare_einsum(const Node& node) {
  const std::string equation = node.attributes.text("equation", "");
  return
      [=](Inputs in, const Mode&) -> Outputs { return {at::einsum(equation, at::TensorList(in.data(), in.size()))}; };
}

}  // namespace pare::engine
