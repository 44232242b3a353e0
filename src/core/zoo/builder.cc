#include "core/zoo/builder.h"

#include <algorithm>
#include <cmath>

#include "core/data/dataset.h"
#include "core/error.h"
#include "core/random.h"

namespace pare {
namespace {

// Uniform in [-bound, bound), two elements of 24 random bits per draw: the 138 million weights of a VGG16 should
// take a fraction of a second.
void fill_uniform(std::span<float> values, float bound, uint64_t seed) {
  Random random(seed);
  const float step = bound / (1 << 23);
  auto element = [&](uint64_t bits) { return (static_cast<float>(bits & 0xffffff) - (1 << 23)) * step; };
  size_t i = 0;
  for (; i + 1 < values.size(); i += 2) {
    const uint64_t bits = random.next();
    values[i] = element(bits >> 40);
    values[i + 1] = element(bits >> 8);
  }
  if (i < values.size()) values[i] = element(random.next() >> 40);
}

void fill_normal(std::span<float> values, double deviation, uint64_t seed) {
  Random random(seed);
  for (float& value : values) value = static_cast<float>(deviation * random.normal());
}

float bound_of(Init init, int64_t fan_in, int64_t fan_out) {
  const auto in = static_cast<double>(fan_in), out = static_cast<double>(fan_out);
  switch (init) {
    case Init::he:
      return static_cast<float>(std::sqrt(6 / in));
    case Init::glorot:
      return static_cast<float>(std::sqrt(6 / (in + out)));
    case Init::he_out:
      return static_cast<float>(std::sqrt(6 / out));
    default:
      return static_cast<float>(1 / std::sqrt(in));
  }
}

void fill(std::span<float> values, Init init, int64_t fan_in, int64_t fan_out, uint64_t seed) {
  if (init == Init::small || init == Init::narrow)
    fill_normal(values, init == Init::small ? 0.01 : 0.02, seed);
  else
    fill_uniform(values, bound_of(init, fan_in, fan_out), seed);
}

}  // namespace

Builder::Builder(std::string_view name, uint64_t seed, const ImageOptions& image)
    : Builder(name, seed, Shape{image.channels, image.size, image.size}) {
  if (image.channels == 1) to_metadata(Preprocessing{.order = "L"}, graph_.origin.metadata);
}

Builder::Builder(std::string_view name, uint64_t seed, const Shape& sample) : seed_(seed) {
  graph_.origin.graph_name = name;
  graph_.origin.producer_name = "pare";
  const uint32_t batch = graph_.next_symbol++;
  graph_.symbols[batch] = "N";
  Dims dims = to_dims(sample);
  dims.insert(dims.begin(), Dim(1, batch));
  add_input(graph_, "input", DType::f32, std::move(dims));
}

ValueId Builder::bias(const std::string& name, int64_t count, int64_t fan_in, Init init) {
  return init == Init::lecun ? parameter(name, {count}, fan_in, 1, init) : parameter(name, {count}, 0);
}

Attributes Builder::window(const std::string& name, ValueId x, int64_t kernel, int64_t stride, int64_t pad) const {
  const size_t spatial = graph_.value(x).dims->size() - 2;
  for (size_t axis = 2; axis < 2 + spatial; ++axis)
    ensure(size(x, axis) + 2 * pad >= kernel, "{}: the {} ({} {} left)", name,
           spatial == 1 ? "series is too short" : "image is too small", size(x, axis),
           spatial == 1 ? "steps" : "pixels");
  Attributes attributes;
  attributes.set("kernel_shape", std::vector<int64_t>(spatial, kernel));
  if (stride != 1) attributes.set("strides", std::vector<int64_t>(spatial, stride));
  if (pad != 0) attributes.set("pads", std::vector<int64_t>(2 * spatial, pad));
  return attributes;
}

ValueId Builder::conv(const std::string& name, ValueId x, int64_t count, const ConvOptions& options) {
  Attributes attributes = window(name, x, options.kernel, options.stride, options.pad);
  if (options.group != 1) attributes.set("group", options.group);
  Shape shape(graph_.value(x).dims->size(), options.kernel);
  shape[0] = count;
  shape[1] = channels(x) / options.group;
  int64_t area = 1;
  for (size_t axis = 2; axis < shape.size(); ++axis) area *= options.kernel;
  const int64_t fan_in = shape[1] * area;
  std::vector<ValueId> inputs = {
      x, parameter(name + ".weight", shape, fan_in, count / options.group * area, options.init)};
  if (options.bias) inputs.push_back(bias(name + ".bias", count, fan_in, options.init));
  return apply(OpKind::conv, name, std::move(inputs), std::move(attributes));
}

ValueId Builder::conv_norm(const std::string& conv_name, const std::string& norm, ValueId x, int64_t count,
                           ConvOptions options, float scale) {
  options.bias = false;
  return batch_norm(norm, conv(conv_name, x, count, options), scale);
}

ValueId Builder::fc(const std::string& name, ValueId x, int64_t features, Init init) {
  const int64_t in = size(x, 1);
  Attributes attributes;
  attributes.set("transB", int64_t{1});
  return apply(
      OpKind::gemm, name,
      {x, parameter(name + ".weight", {features, in}, in, features, init), bias(name + ".bias", features, in, init)},
      std::move(attributes));
}

ValueId Builder::linear(const std::string& name, ValueId x, int64_t features, Init init) {
  const int64_t in = size(x, graph_.value(x).dims->size() - 1);
  x = apply(OpKind::matmul, name, {x, parameter(name + ".weight", {in, features}, in, features, init)});
  return apply(OpKind::add, name + ".add", {x, bias(name + ".bias", features, in, init)});
}

ValueId Builder::batch_norm(const std::string& name, ValueId x, float scale) {
  const Shape shape = {channels(x)};
  const auto statistic = [&](const char* part, float value) {
    const std::vector<float> values(static_cast<size_t>(shape[0]), value);
    return constant(name + part, Tensor::of<float>(shape, values));
  };
  std::vector<ValueId> inputs = {x, parameter(name + ".weight", shape, scale), parameter(name + ".bias", shape, 0),
                                 statistic(".mean", 0), statistic(".var", 1)};
  return apply(OpKind::batch_normalization, name, std::move(inputs));
}

ValueId Builder::layer_norm(const std::string& name, ValueId x, float epsilon) {
  const Shape shape = {size(x, graph_.value(x).dims->size() - 1)};
  Attributes attributes;
  attributes.set("epsilon", epsilon);
  return apply(OpKind::layer_normalization, name,
               {x, parameter(name + ".weight", shape, 1), parameter(name + ".bias", shape, 0)}, std::move(attributes));
}

ValueId Builder::max_pool(const std::string& name, ValueId x, const PoolOptions& options) {
  Attributes attributes = window(name, x, options.kernel, options.stride, options.pad);
  if (options.ceil) attributes.set("ceil_mode", int64_t{1});
  return apply(OpKind::max_pool, name, {x}, std::move(attributes));
}

ValueId Builder::average_pool(const std::string& name, ValueId x, const PoolOptions& options) {
  return apply(OpKind::average_pool, name, {x}, window(name, x, options.kernel, options.stride, options.pad));
}

ValueId Builder::global_pool(const std::string& name, ValueId x) {
  return flatten("flatten", apply(OpKind::global_average_pool, name, {x}));
}

ValueId Builder::dropout(const std::string& name, ValueId x, float ratio) {
  return apply(OpKind::dropout, name, {x, constant(name + ".ratio", Tensor::scalar(ratio))});
}

ValueId Builder::relu6(const std::string& name, ValueId x) {
  return apply(OpKind::clip, name,
               {x, constant(name + ".min", Tensor::scalar(0.0F)), constant(name + ".max", Tensor::scalar(6.0F))});
}

ValueId Builder::transpose(const std::string& name, ValueId x, const Shape& order) {
  Attributes attributes;
  attributes.set("perm", order);
  return apply(OpKind::transpose, name, {x}, std::move(attributes));
}

ValueId Builder::concat(const std::string& name, std::vector<ValueId> parts, int64_t axis) {
  Attributes attributes;
  attributes.set("axis", axis);
  return apply(OpKind::concat, name, std::move(parts), std::move(attributes));
}

ValueId Builder::reshape(const std::string& name, ValueId x, const Shape& shape) {
  return apply(OpKind::reshape, name, {x, integers(name + ".shape", shape)});
}

ValueId Builder::apply(OpKind op, const std::string& name, std::vector<ValueId> inputs, Attributes attributes,
                       size_t place) {
  return append(graph_, op, name, std::move(inputs), std::move(attributes), place);
}

ValueId Builder::parameter(const std::string& name, Shape shape, int64_t fan_in, int64_t fan_out, Init init) {
  ensure(element_count(shape).value_or(int64_t{1} << 40) < int64_t{1} << 32, "{}: too many weights", name);
  Tensor tensor(DType::f32, std::move(shape));
  fill(tensor.edit<float>(), init, fan_in, fan_out, mix({seed_, hash_of(name)}));
  return parameter(name, std::move(tensor));
}

ValueId Builder::parameter(const std::string& name, Shape shape, float value) {
  Tensor tensor(DType::f32, std::move(shape));
  std::ranges::fill(tensor.edit<float>(), value);
  return parameter(name, std::move(tensor));
}

ValueId Builder::parameter(const std::string& name, Tensor tensor) {
  const ValueId id = constant(name, std::move(tensor));
  graph_.value(id).trainable = true;
  return id;
}

ValueId Builder::constant(const std::string& name, Tensor tensor) {
  return add_constant(graph_, name, std::move(tensor));
}

ValueId Builder::integers(const std::string& name, const std::vector<int64_t>& values) {
  return constant(name, Tensor::of<int64_t>({std::ssize(values)}, values));
}

int64_t Builder::size(ValueId x, size_t axis) const {
  const Value& value = graph_.value(x);
  if (!value.dims || axis >= value.dims->size() || !(*value.dims)[axis].known())
    fail(Code::internal, "zoo: dimension {} of '{}' is not known", axis, value.name);
  return (*value.dims)[axis].factor;
}

Graph Builder::finish(ValueId logits) {
  graph_.value(logits).name = "logits";
  graph_.outputs = {logits};
  return std::move(graph_);
}

}  // namespace pare
