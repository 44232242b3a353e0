#include "compress/prune/channels/pseudo_pruning.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace pare {

std::vector<LossTerm> pseudo_terms(const MaskedCopy& copy, const PseudoOptions& options, const std::string& task) {
  const std::string full = "student:" + copy.logits, masked = "student:" + copy.masked_logits;
  LossTerm own{.kind = task, .weight = options.masked, .inputs = {masked, "target"}, .options = {}};
  LossTerm gap{.kind = "mse", .weight = options.gap, .inputs = {masked, full}, .options = {}};
  if (task == "cross_entropy") {
    gap.kind = "kl";
    gap.options["temperature"] = options.temperature;
  }
  return {own, gap};
}

void PseudoPruning::on_step(State& state) {
  std::map<ValueId, Parameter*> parameters;
  for (Parameter& parameter : state.parameters())
    if (parameter.graph == "student") parameters.emplace(parameter.value, &parameter);
  Evidence evidence;
  for (const MaskedCopy::Masked& item : copy_.masks) {
    const auto found = parameters.find(item.weight);
    if (found == parameters.end()) continue;
    const Parameter& parameter = *found->second;
    std::copy(parameter.weight.begin(), parameter.weight.end(),
              now_.value(item.weight).constant->edit<float>().begin());
    auto& gradient = evidence.gradient[item.weight];
    gradient.assign(parameter.gradient.begin(), parameter.gradient.end());
    gradient.resize(parameter.weight.size());
  }
  const int64_t steps = state.steps(), step = state.step();
  const std::vector<bool> removed =
      choose_(now_, evidence, cubic_sparsity(1, step, part_.first(steps), part_.last(steps)));
  const double rate = learning_rate(train_, step, steps, state.steps_per_epoch());
  // As if it had been done at every update since.
  const auto kept = static_cast<float>(std::pow(std::max(0.0, 1 - rate * options_.decay), options_.every));
  for (const MaskedCopy::Masked& item : copy_.masks) {
    const auto weight = parameters.find(item.weight), mask = parameters.find(item.mask);
    if (weight == parameters.end() || mask == parameters.end()) continue;
    const std::vector<float> now = mask_without(now_, channels_, item.weight, removed);
    std::copy(now.begin(), now.end(), mask->second->weight.begin());
    state.changed(*mask->second);
    const bool learns = !weight->second->gradient.empty() && !now_.value(item.weight).encoding.grid;
    for (size_t i = 0; i < now.size() && learns; ++i)
      if (now[i] == 0) weight->second->weight[i] *= kept;
    if (learns) state.changed(*weight->second);
  }
}

}  // namespace pare
