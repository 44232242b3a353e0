#include "train/torch/measure.h"

#include "core/error.h"
#include "train/torch/batch.h"
#include "train/torch/convert.h"
#include "train/torch/losses.h"
#include "train/torch/module.h"

namespace pare::engine {
namespace {

constexpr int64_t kBatch = 128;

// The activation that a layer's weight meets, and which of its axes holds the input channels.
struct LayerInput {
  ValueId weight, input;
  int64_t channel_axis;
};
std::vector<LayerInput> layer_inputs(const Graph& graph) {
  std::vector<LayerInput> found;
  for (const Layer& layer : layers(graph)) {
    const Node& node = graph.node(layer.node);
    if (layer.kind == LayerKind::recurrent && layer.weight != node.inputs[1]) continue;  // a state: no value has it
    const ValueId input = node.inputs[0] == layer.weight ? node.inputs[1] : node.inputs[0];
    if (graph.value(input).is_constant()) continue;
    int64_t axis = node.op == OpKind::conv ? 1 : -1;
    if (node.op == OpKind::gemm && node.attributes.integer("transA", 0)) axis = 0;
    if (node.op == OpKind::matmul && input == node.inputs[1]) axis = -2;
    found.push_back({layer.weight, input, axis});
  }
  return found;
}

// Sums of squares per channel, and how many elements each sum is over.
struct Squares {
  at::Tensor sum;
  int64_t count = 0;
  void add(const at::Tensor& x, int64_t channel_axis) {
    const int64_t axis = channel_axis < 0 ? channel_axis + x.dim() : channel_axis;
    const at::Tensor rows = x.movedim(axis, 0).flatten(1).to(at::kDouble);
    const at::Tensor squares = rows.square().sum(1);
    sum = sum.defined() ? sum + squares : squares;
    count += rows.size(1);
  }
};

std::vector<float> to_floats(const at::Tensor& tensor) {
  const at::Tensor host = tensor.detach().to(at::kFloat).cpu().contiguous();
  return {host.data_ptr<float>(), host.data_ptr<float>() + host.numel()};
}

}  // namespace

Evidence measure(const Graph& graph, const DatasetPtr& data, Needs needs, int64_t batches, at::Device device,
                 Progress& progress) {
  const bool wants_gradients = needs.gradient || needs.curvature;
  const std::vector<LayerInput> inputs = needs.input_rms ? layer_inputs(graph) : std::vector<LayerInput>{};
  std::vector<ValueId> wanted = {logits_of(graph), graph.outputs.at(0)};
  for (const LayerInput& input : inputs) wanted.push_back(input.input);
  Module module(graph, wanted, device);

  std::vector<ValueId> weights;
  if (wants_gradients) {
    for (size_t i = 0; i < graph.values.size(); ++i) {
      const Value& value = graph.values[i];
      const ValueId id = static_cast<ValueId>(i);
      if (!value.constant || value.constant->dtype() != DType::f32 || !value.trainable || !module.needs(id)) continue;
      weights.push_back(id);
      at::Tensor& constant = module.constant(id);
      constant = constant.clone();
      constant.set_requires_grad(true);
    }
  }
  std::vector<at::Tensor> gradient(weights.size()), curvature(weights.size());
  std::vector<Squares> squares(inputs.size());

  Loader::Options order;
  const int64_t fixed = fixed_batch(graph);
  ensure(fixed <= static_cast<int64_t>(data->size()), "the network takes {} samples at once, and there are {}", fixed,
         data->size());
  order.batch = fixed > 0 ? fixed : kBatch;
  order.shuffle = true;
  order.drop_last = fixed > 0;
  Loader loader(data, order);
  const int64_t total = std::min(batches, loader.batches());
  ensure(total > 0, "there is no data to measure on");
  Stage stage(progress, "measure", static_cast<uint64_t>(total));
  Mode mode;
  mode.device = device;
  Batch host;
  for (int64_t n = 0; n < total && loader.next(host); ++n) {
    stage.check();
    const DeviceBatch batch = to_device(host, device);
    at::AutoGradMode gradients(wants_gradients);
    const std::vector<at::Tensor> outputs = module.run(batch.inputs, mode);
    if (wants_gradients) {
      if (!batch.target.is_floating_point()) check_classes(batch.target, class_count(outputs[0], batch.target));
      const at::Tensor loss = batch.target.is_floating_point() ? at::mse_loss(outputs[1], batch.target)
                                                               : cross_entropy(outputs[0], batch.target, 0);
      loss.backward();
    }
    at::NoGradGuard no_gradients;
    for (size_t i = 0; i < weights.size(); ++i) {
      at::Tensor& slot = module.constant(weights[i]).mutable_grad();
      const at::Tensor g = slot.defined() ? slot : at::zeros_like(module.constant(weights[i]));
      if (needs.gradient) gradient[i] = gradient[i].defined() ? gradient[i].add_(g) : g.clone();
      if (needs.curvature) curvature[i] = curvature[i].defined() ? curvature[i].addcmul_(g, g) : g.square();
      slot = at::Tensor();
    }
    for (size_t i = 0; i < inputs.size(); ++i) squares[i].add(outputs[i + 2].detach(), inputs[i].channel_axis);
    stage.advance(static_cast<uint64_t>(n + 1));
  }

  Evidence evidence;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (needs.gradient) evidence.gradient[weights[i]] = to_floats(gradient[i] / total);
    if (needs.curvature) evidence.curvature[weights[i]] = to_floats(curvature[i] / total);
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    evidence.input_rms[inputs[i].weight] = to_floats((squares[i].sum / static_cast<double>(squares[i].count)).sqrt());
  return evidence;
}

}  // namespace pare::engine
