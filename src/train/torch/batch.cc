#include "train/torch/batch.h"

#include "core/error.h"
#include "train/torch/convert.h"

namespace pare::engine {
namespace {

std::string by(const Shape& shape) {
  return shape.empty() ? "single numbers" : fmt::format("{}", fmt::join(shape, "x"));
}

}  // namespace

void check_inputs(const Graph& graph, const SampleSpec& spec) {
  ensure(graph.inputs.size() == spec.inputs.size(), "the network has {} inputs, the data gives {}", graph.inputs.size(),
         spec.inputs.size());
  for (size_t i = 0; i < spec.inputs.size(); ++i) {
    const Value& input = graph.value(graph.inputs[i]);
    if (!input.dims) continue;
    const Shape& given = spec.inputs[i].shape;
    bool fits = input.dims->size() == given.size() + 1;
    std::vector<std::string> wanted;
    for (size_t d = 1; d < input.dims->size(); ++d) {
      const Dim dim = (*input.dims)[d];
      wanted.push_back(dim.known() ? std::to_string(dim.factor) : "any");
      fits = fits && (!dim.known() || dim.factor == given[d - 1]);
    }
    ensure(fits, "the network wants {}, the data gives {}",
           wanted.empty() ? "single numbers" : fmt::format("{}", fmt::join(wanted, "x")), by(given));
  }
}

void check_classes(const at::Tensor& all, int64_t outputs) {
  const at::Tensor target = all.dim() > 1 ? all.masked_select(all.ne(kNoClass)) : all;
  if (target.numel() == 0) return;
  const int64_t low = target.min().item<int64_t>(), high = target.max().item<int64_t>();
  ensure(low >= 0, "the data has class {}", low);
  ensure(high < outputs, "the data has at least {} classes, the network has {} outputs", high + 1, outputs);
}

int64_t class_count(const at::Tensor& logits, const at::Tensor& target) {
  ensure(logits.dim() >= 2 && logits.size(0) == target.size(0), "the network's output is not one row per sample");
  return target.dim() == 1 ? logits.flatten(1).size(1) : logits.size(1);
}

DeviceBatch to_device(const Batch& batch, at::Device device) {
  DeviceBatch out;
  for (const Tensor& input : batch.inputs) {
    const at::Tensor t = to_aten(input);
    out.inputs.push_back(t.is_floating_point() ? t.to(device) : t);
  }
  out.target = to_aten(batch.target).to(device);
  if (!out.target.is_floating_point()) out.target = out.target.to(at::kLong);
  out.size = batch.size;
  return out;
}

}  // namespace pare::engine
