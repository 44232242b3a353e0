#include <algorithm>
#include <cmath>
#include <set>

#include "compress/prune/prune.h"
#include "core/error.h"
#include "core/per_layer.h"

namespace pare {

Pruner::Pruner(const Graph& graph, const PruneOptions& options, uint64_t seed)
    : options_(options),
      criterion_(&find_criterion(options.criterion)),
      pattern_(parse_pattern(options.block)),
      seed_(seed) {
  const std::vector<Layer> all = pare::layers(graph);
  std::set<ValueId> seen;
  for (const Layer& layer : select(graph, options.filter)) {
    if (layer.kind == LayerKind::norm || !seen.insert(layer.weight).second) continue;
    if (graph.value(layer.weight).constant->size() == 0) continue;
    const auto index = static_cast<size_t>(std::find(all.begin(), all.end(), layer) - all.begin());
    double sparsity = value_for(options.sparsity, all, index);
    if (pattern_.kind == Pattern::Kind::n_of_m)
      sparsity = 1 - static_cast<double>(pattern_.n) / static_cast<double>(pattern_.m);
    layers_.push_back({layer.name, layer.weight, matrix_view(graph, layer), sparsity});
  }
  ensure(!layers_.empty(), "no layer is left to prune");
}

void Pruner::prune(std::span<const Item> items, const Growth& now) {
  std::vector<std::vector<float>> scores(items.size());
  std::vector<MaskTask> tasks(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    scores[i].resize(items[i].evidence.weight.size());
    ensure(!criterion_->needs.gradient || items[i].evidence.gradient.size() == scores[i].size(),
           "prune_weights: criterion {}: the loss does not depend on layer '{}' (it leads to other outputs than the "
           "first): leave it out with `exclude`",
           criterion_->name, layers_[i].name);
    criterion_->score(items[i].evidence, seed_, scores[i]);
    ensure(std::all_of(scores[i].begin(), scores[i].end(), [](float s) { return std::isfinite(s); }),
           "prune_weights: criterion {}: weights of layer '{}' have scores that are no numbers", criterion_->name,
           layers_[i].name);
    tasks[i] = {
        .view = layers_[i].view, .scores = scores[i], .mask = items[i].mask, .sparsity = now(layers_[i].sparsity)};
  }
  if (options_.scope == "global")
    prune_globally(tasks, now(options_.sparsity.otherwise), pattern_, options_.guards);
  else
    prune_layers(tasks, pattern_, options_.guards);
}

void Pruner::prune(Graph& graph, const Evidence& evidence, const Growth& now) {
  const auto span_of = [](const std::map<ValueId, std::vector<float>>& of, ValueId id) {
    const auto found = of.find(id);
    return found == of.end() ? std::span<const float>() : std::span<const float>(found->second);
  };
  std::vector<BitMask> masks;
  for (const PruneLayer& layer : layers_) {
    const Value& value = graph.value(layer.weight);
    masks.push_back(value.encoding.mask.value_or(BitMask(static_cast<size_t>(value.constant->size()))));
  }
  std::vector<Item> items;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const ValueId id = layers_[i].weight;
    items.push_back({{id, graph.value(id).constant->view<float>(), span_of(evidence.gradient, id),
                      span_of(evidence.curvature, id), span_of(evidence.input_rms, id)},
                     &masks[i]});
  }
  prune(items, now);
  for (size_t i = 0; i < layers_.size(); ++i)
    apply_mask(graph, layers_[i].weight, std::move(masks[i]), layers_[i].name);
}

void ensure_has_zero(const Value& weight, const std::string& layer) {
  const std::optional<Grid>& grid = weight.encoding.grid;
  ensure(!grid || (zero_level(*grid) && grid->dim == 1),
         "layer '{}': its grid has no zero, so it cannot be pruned any more (prune before sharing)", layer);
}

void ensure_may_grow(const Value& weight, const std::string& layer) {
  ensure(!weight.encoding.grid, "layer '{}' lies on a grid, so its zeros cannot grow (regrow before sharing)", layer);
}

void apply_mask(Graph& graph, ValueId weight, BitMask mask, const std::string& layer) {
  Value& value = graph.value(weight);
  ensure_has_zero(value, layer);
  const std::span<float> elements = value.constant->edit<float>();
  std::span<int32_t> levels;
  int32_t zero = 0;
  if (value.encoding.grid) {
    zero = *zero_level(*value.encoding.grid);
    levels = value.encoding.levels->edit<int32_t>();
  }
  for (size_t i = 0; i < mask.size(); ++i) {
    if (mask[i]) continue;
    elements[i] = 0;
    if (!levels.empty()) levels[i] = zero;
  }
  value.encoding.mask = std::move(mask);
}

void CubicPruning::on_step(State& state) {
  const int64_t steps = state.steps();
  std::vector<Pruner::Item> items;
  for (const PruneLayer& layer : pruner_.layers()) {
    const std::span<Parameter> all = state.parameters();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Parameter& p) { return p.value == layer.weight; });
    ensure(found != all.end(), "layer '{}' is not trained, so it cannot be pruned while training", layer.name);
    ensure(!pruner_.criterion().needs.gradient || !found->gradient.empty(),
           "criterion {} has no gradient before the first update; train for more than one update",
           pruner_.criterion().name);
    items.push_back({{layer.weight, found->weight, found->gradient, {}, {}}, &state.mask(*found)});
  }
  pruner_.prune(items, [&](double target) {
    return cubic_sparsity(target, state.step(), part_.first(steps), part_.last(steps));
  });
}

}  // namespace pare
