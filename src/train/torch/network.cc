#include "train/torch/network.h"

#include "core/error.h"
#include "train/torch/convert.h"
#include "train/torch/evaluate.h"

namespace pare::engine {

Network::Network(const Job::Role& role, std::vector<ValueId> wanted, at::Device device)
    : name(role.name), graph(role.graph), trains(role.trains) {
  module = std::make_unique<Module>(*graph, std::move(wanted), device);
  if (!trains) return;
  evaluation = std::make_unique<Module>(*graph, evaluated_values(*graph), device);
  for (size_t i = 0; i < graph->values.size(); ++i) {
    const Value& value = graph->values[i];
    const ValueId id = static_cast<ValueId>(i);
    if (!value.trainable || !module->needs(id) || !Trained::can_train(value)) continue;
    parameters.emplace_back(value, id, name, device);
    module->constant(id) = parameters.back().weight;
  }
  ensure(!parameters.empty(), "nothing in '{}' is trainable", name);
  for (const Node& node : graph->nodes) {
    if (node.dead || node.op != OpKind::batch_normalization) continue;
    for (const size_t input : {3, 4}) {
      const ValueId id = node.inputs.at(input);
      if (!graph->value(id).constant || !module->needs(id)) continue;
      at::Tensor& tensor = module->constant(id);
      tensor = tensor.clone();
      buffers.push_back({id, tensor, {}});
    }
  }
  evaluation->share_constants(*module);
}

void Network::start_average() {
  for (Trained& p : parameters) p.average = p.trained.detach().clone();
  for (Buffer& b : buffers) b.average = b.current.clone();
}

void Network::update_average(double decay) {
  at::NoGradGuard no_gradients;
  for (Trained& p : parameters) p.average.mul_(decay).add_(p.trained, 1 - decay);
  for (Buffer& b : buffers) b.average.mul_(decay).add_(b.current, 1 - decay);
}

void Network::write_back() {
  for (const Trained& p : parameters) p.write_back(graph->value(p.value));
  for (const Buffer& b : buffers)
    graph->value(b.value).constant = from_aten(b.average.defined() ? b.average : b.current);
}

WithAverage::WithAverage(Network& network) : network_(network) {
  at::NoGradGuard no_gradients;
  if (network.parameters.empty() || !network.parameters.front().average.defined()) return;
  for (Trained& p : network.parameters) {
    weights_.push_back(p.weight.detach().clone());
    p.weight.copy_(p.averaged_weight());
  }
  for (Buffer& b : network.buffers) {
    buffers_.push_back(b.current.clone());
    b.current.copy_(b.average);
  }
}

WithAverage::~WithAverage() {
  at::NoGradGuard no_gradients;
  for (size_t i = 0; i < weights_.size(); ++i) network_.parameters[i].weight.copy_(weights_[i]);
  for (size_t i = 0; i < buffers_.size(); ++i) network_.buffers[i].current.copy_(buffers_[i]);
}

}  // namespace pare::engine
