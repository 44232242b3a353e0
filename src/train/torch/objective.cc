#include "train/torch/objective.h"

#include <algorithm>

#include "core/error.h"
#include "train/torch/batch.h"

namespace pare::engine {

Objective::Objective(const Job& job) : wanted_(job.graphs.size()) {
  ensure(!job.objective.empty(), "the objective has no term");
  for (const LossTerm& term : job.objective) {
    const LossDef& loss = find_loss(term.kind);
    ensure(term.inputs.size() == loss.inputs, "loss {} takes {} inputs, {} are named", loss.name, loss.inputs,
           term.inputs.size());
    LossOptions options = term.options;
    for (const auto& [name, value] : options)
      ensure(std::find(loss.options.begin(), loss.options.end(), name) != loss.options.end(),
             "loss {} has no option '{}'", loss.name, name);
    if (loss.name == "cross_entropy") options.try_emplace("label_smoothing", job.options.label_smoothing);
    Term resolved{&loss, term.weight, {}, std::move(options)};
    for (const std::string& input : term.inputs)
      resolved.sources.push_back(
          within(fmt::format("loss {}", loss.name), [&] { return resolve(job, input, loss.on_logits); }));
    terms_.push_back(std::move(resolved));
  }
}

Objective::Source Objective::resolve(const Job& job, const std::string& input, bool logits) {
  if (input == "target") return {-1, 0};
  const size_t colon = input.find(':');
  const std::string role = input.substr(0, colon);
  const auto found =
      std::find_if(job.graphs.begin(), job.graphs.end(), [&](const Job::Role& r) { return r.name == role; });
  ensure(found != job.graphs.end(), "'{}' names no graph of the job", input);
  const size_t index = static_cast<size_t>(found - job.graphs.begin());
  const Graph& graph = *found->graph;
  ValueId id = kNoValue;
  if (colon == std::string::npos) {
    ensure(!graph.outputs.empty(), "'{}' has no output", role);
    id = logits ? logits_of(graph) : graph.outputs[0];
  } else {
    id = graph.find_value(input.substr(colon + 1));
    ensure(id != kNoValue, "'{}' has no value '{}'", role, input.substr(colon + 1));
  }
  auto& wanted = wanted_[index];
  const auto place = std::find(wanted.begin(), wanted.end(), id);
  const size_t slot = static_cast<size_t>(place - wanted.begin());
  if (place == wanted.end()) wanted.push_back(id);
  return {static_cast<int>(index), slot};
}

at::Tensor Objective::value(const std::vector<std::vector<at::Tensor>>& outputs, const at::Tensor& target) const {
  at::Tensor sum;
  for (const Term& term : terms_) {
    std::vector<at::Tensor> inputs;
    for (const Source& s : term.sources)
      inputs.push_back(s.role < 0 ? target : outputs[static_cast<size_t>(s.role)][s.index]);
    if (term.loss->name == "cross_entropy" && inputs[1].scalar_type() == at::kLong)
      check_classes(inputs[1], class_count(inputs[0], inputs[1]));
    at::Tensor value = term.loss->value(inputs, term.options);
    if (term.weight != 1) value = value * term.weight;
    sum = sum.defined() ? sum + value : value;
  }
  return sum;
}

}  // namespace pare::engine
