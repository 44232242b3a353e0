#include "core/zoo/builder.h"

#include <algorithm>
#include <cmath>

#include "core/data/dataset.h"
#include "core/error.h"
#include "core/random.h"

namespace pare {
namespace {

Attributes pool_attributes(int64_t kernel, int64_t stride) {
  Attributes attributes;
  attributes.set("kernel_shape", std::vector<int64_t>{kernel, kernel});
  attributes.set("strides", std::vector<int64_t>{stride, stride});
  return attributes;
}

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

float bound_of(Init init, int64_t fan_in, int64_t fan_out) {
  const auto in = static_cast<double>(fan_in), out = static_cast<double>(fan_out);
  switch (init) {
    case Init::he:
      return static_cast<float>(std::sqrt(6 / in));
    case Init::glorot:
      return static_cast<float>(std::sqrt(6 / (in + out)));
    case Init::lecun:
      break;
  }
  return static_cast<float>(1 / std::sqrt(in));
}

}  // namespace

Builder::Builder(std::string_view name, uint64_t seed, const ImageOptions& image) : seed_(seed) {
  graph_.origin.graph_name = name;
  graph_.origin.producer_name = "pare";
  const uint32_t batch = graph_.next_symbol++;
  graph_.symbols[batch] = "N";
  add_input(graph_, "input", DType::f32, {Dim(1, batch), image.channels, image.size, image.size});
  if (image.channels == 1) to_metadata(Preprocessing{.order = "L"}, graph_.origin.metadata);
}

ValueId Builder::weight(const std::string& name, Shape shape, int64_t fan_in, int64_t fan_out, Init init) {
  ensure(element_count(shape).value_or(int64_t{1} << 40) < int64_t{1} << 32, "{}: too many weights", name);
  Tensor tensor(DType::f32, std::move(shape));
  fill_uniform(tensor.edit<float>(), bound_of(init, fan_in, fan_out), mix({seed_, hash_of(name)}));
  return add_constant(graph_, name, std::move(tensor));
}

ValueId Builder::bias(const std::string& name, int64_t count, int64_t fan_in, Init init) {
  return init == Init::lecun ? weight(name, {count}, fan_in, 1, init)
                             : add_constant(graph_, name, Tensor(DType::f32, {count}));
}

ValueId Builder::conv(const std::string& name, ValueId x, int64_t count, const ConvOptions& options) {
  const int64_t in = channels(x) / options.group, area = options.kernel * options.kernel;
  for (size_t axis : {2, 3})
    ensure(size(x, axis) + 2 * options.pad >= options.kernel, "{}: the image is too small ({} pixels left)", name,
           size(x, axis));
  std::vector<ValueId> inputs = {x, weight(name + ".weight", {count, in, options.kernel, options.kernel}, in * area,
                                           count / options.group * area, options.init)};
  if (options.bias) inputs.push_back(bias(name + ".bias", count, in * area, options.init));
  Attributes attributes;
  attributes.set("kernel_shape", std::vector<int64_t>{options.kernel, options.kernel});
  if (options.stride != 1) attributes.set("strides", std::vector<int64_t>{options.stride, options.stride});
  if (options.pad != 0) attributes.set("pads", std::vector<int64_t>(4, options.pad));
  if (options.group != 1) attributes.set("group", options.group);
  return apply(OpKind::conv, name, std::move(inputs), std::move(attributes));
}

ValueId Builder::fc(const std::string& name, ValueId x, int64_t features, Init init) {
  const int64_t in = size(x, 1);
  Attributes attributes;
  attributes.set("transB", int64_t{1});
  return apply(
      OpKind::gemm, name,
      {x, weight(name + ".weight", {features, in}, in, features, init), bias(name + ".bias", features, in, init)},
      std::move(attributes));
}

ValueId Builder::batch_norm(const std::string& name, ValueId x) {
  const int64_t count = channels(x);
  const std::vector<float> zeros(static_cast<size_t>(count), 0.0F), ones(static_cast<size_t>(count), 1.0F);
  auto add = [&](const char* part, const std::vector<float>& values) {
    return add_constant(graph_, name + part, Tensor::of<float>({count}, values));
  };
  std::vector<ValueId> inputs = {x, add(".weight", ones), add(".bias", zeros), add(".mean", zeros), add(".var", ones)};
  return apply(OpKind::batch_normalization, name, std::move(inputs));
}

ValueId Builder::max_pool(const std::string& name, ValueId x, int64_t kernel, int64_t stride) {
  ensure(size(x, 2) >= kernel && size(x, 3) >= kernel, "{}: the image is too small ({} pixels left)", name, size(x, 2));
  return apply(OpKind::max_pool, name, {x}, pool_attributes(kernel, stride));
}

ValueId Builder::average_pool(const std::string& name, ValueId x, int64_t kernel, int64_t stride) {
  ensure(size(x, 2) >= kernel && size(x, 3) >= kernel, "{}: the image is too small ({} pixels left)", name, size(x, 2));
  return apply(OpKind::average_pool, name, {x}, pool_attributes(kernel, stride));
}

ValueId Builder::dropout(const std::string& name, ValueId x, float ratio) {
  return apply(OpKind::dropout, name, {x, constant(name + ".ratio", Tensor::scalar(ratio))});
}

ValueId Builder::apply(OpKind op, const std::string& name, std::vector<ValueId> inputs, Attributes attributes) {
  return append(graph_, op, name, std::move(inputs), std::move(attributes));
}

ValueId Builder::parameter(const std::string& name, Shape shape, float value) {
  Tensor tensor(DType::f32, std::move(shape));
  std::ranges::fill(tensor.edit<float>(), value);
  parameters_.push_back(add_constant(graph_, name, std::move(tensor)));
  return parameters_.back();
}

ValueId Builder::constant(const std::string& name, Tensor tensor) {
  return add_constant(graph_, name, std::move(tensor));
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
  mark_trainable(graph_);
  for (ValueId id : parameters_) graph_.value(id).trainable = true;
  return std::move(graph_);
}

}  // namespace pare
