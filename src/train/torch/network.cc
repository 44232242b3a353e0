#include "train/torch/network.h"

#include <algorithm>

#include "core/error.h"
#include "train/rates.h"
#include "train/torch/convert.h"
#include "train/torch/evaluate.h"

namespace pare::engine {

Network::Network(const Job::Role& role, std::vector<ValueId> wanted, const TrainOptions& options, at::Device device)
    : name(role.name), graph(role.graph), trains(role.trains) {
  module = std::make_unique<Module>(*graph, std::move(wanted), device);
  if (!trains) return;
  evaluation = std::make_unique<Module>(*graph, evaluated_values(*graph), device);
  const std::map<ValueId, double> rates = rate_factors(*graph, options);
  for (size_t i = 0; i < graph->values.size(); ++i) {
    const Value& value = graph->values[i];
    const ValueId id = static_cast<ValueId>(i);
    if (!value.trainable || !module->needs(id) || !Trained::can_train(value)) continue;
    parameters.emplace_back(value, id, name, device);
    module->constant(id) = parameters.back().weight;
    if (const auto said = rates.find(id); said != rates.end()) parameters.back().set_rate(said->second);
  }
  ensure(!parameters.empty(), "nothing in '{}' is trainable", name);
  ensure(!std::all_of(parameters.begin(), parameters.end(), [](const Trained& p) { return p.frozen(); }),
         "everything in '{}' is frozen: there is nothing to train", name);
  for (const Node& node : graph->nodes) {
    if (node.dead || node.op != OpKind::batch_normalization) continue;
    // A norm of which nothing learns keeps its statistics (ops/normalization.cc).
    const auto learns = [&](size_t input) {
      const at::Tensor& tensor = module->constant(node.inputs.at(input));
      return !tensor.defined() || tensor.requires_grad();  // a computed scale may learn
    };
    if (!learns(1) && !learns(2)) continue;
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
  for (Trained& p : parameters)
    if (!p.frozen()) p.average = p.trained.detach().clone();
  for (Buffer& b : buffers) b.average = b.current.clone();
}

void Network::update_average(double decay) {
  at::NoGradGuard no_gradients;
  for (Trained& p : parameters)
    if (!p.frozen()) p.average.mul_(decay).add_(p.trained, 1 - decay);
  for (Buffer& b : buffers) b.average.mul_(decay).add_(b.current, 1 - decay);
}

void Network::write_back() {
  for (const Trained& p : parameters) p.write_back(graph->value(p.value));
  for (const Buffer& b : buffers)
    graph->value(b.value).constant = from_aten(b.average.defined() ? b.average : b.current);
}

WithAverage::WithAverage(Network& network) : network_(network) {
  at::NoGradGuard no_gradients;
  if (std::none_of(network.parameters.begin(), network.parameters.end(),
                   [](const Trained& p) { return p.average.defined(); }))
    return;
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
