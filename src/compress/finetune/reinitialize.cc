// Step `reinitialize`: fresh weights in the shape that earlier steps cut, so that it can be trained from scratch: what
// pruning found against what it inherited (Liu et al., 2019, "Rethinking the Value of Network Pruning").
#include <cmath>
#include <map>

#include "compress/prune/mask.h"
#include "compress/step.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/random.h"
#include "train/rates.h"

namespace pare {
namespace {

struct ReinitializeOptions {
  LayerFilter filter;
  void visit(ParamVisitor& v) { filter.visit(v); }
};

ReinitializeOptions read_reinitialize(const Param& params) {
  ReinitializeOptions options;
  read_params(params, options);
  return options;
}

// Learned constants of the chosen layers. Norms go with the layer before them, as for `rates`.
std::vector<ValueId> chosen(const Graph& graph, const LayerFilter& filter) {
  TrainOptions train;
  if (!filter.layers.empty() || !filter.exclude.empty()) {
    train.rates.otherwise = 0;
    for (const Layer& layer : select(graph, filter)) train.rates.rules.emplace_back("name:" + layer.name, 1);
  }
  std::vector<ValueId> values;
  for (const auto& [value, factor] : rate_factors(graph, train))
    if (factor > 0) values.push_back(value);
  return values;
}

class Initializer {
 public:
  Initializer(Graph& graph, uint64_t seed) : graph_(graph), seed_(seed), layers_(layers(graph)) {
    for (const Layer& layer : layers_) {
      weights_.emplace(layer.weight, &layer);
      if (layer.bias != kNoValue) biases_.emplace(layer.bias, &layer);
    }
  }

  void fill(ValueId id) {
    Value& value = graph_.value(id);
    ensure(!value.encoding.grid, "'{}' lies on a grid, which was made for its old values", value.name);
    const auto out = value.constant->edit<float>();
    const Random random{seed_, hash_of("reinitialize"), hash_of(value.name)};
    if (const auto layer = weights_.find(id); layer != weights_.end())
      weight(*layer->second, out, random);
    else if (const auto other = biases_.find(id); other != biases_.end())
      bias(*other->second, out, random);
    else
      rest(id, out, random);
    if (is_float(value.source_dtype) && size_of(value.source_dtype) < sizeof(float))
      value.constant = cast(cast(*value.constant, value.source_dtype), DType::f32);
    if (value.encoding.mask)
      for (size_t i = 0; i < value.encoding.mask->size(); ++i)
        if (!(*value.encoding.mask)[i]) value.constant->edit<float>()[i] = 0;
  }

 private:
  static void uniform(std::span<float> out, double bound, Random random) {
    for (float& w : out) w = static_cast<float>(random.uniform(-bound, bound));
  }
  static void constant(std::span<float> out, float value) { std::fill(out.begin(), out.end(), value); }
  static void narrow(std::span<float> out, Random random) {
    for (float& w : out) w = static_cast<float>(0.02 * random.normal());
  }

  // He et al. 2015 for layers that others follow, Glorot and Bengio 2010 for the last; recurrent ones as LibTorch does.
  void weight(const Layer& layer, std::span<float> out, const Random& random) const {
    if (layer.kind == LayerKind::recurrent) return uniform(out, recurrent_bound(layer), random);
    const MatrixView view = matrix_view(graph_, layer);
    const auto in = static_cast<double>(std::max<int64_t>(view.columns, 1));
    const bool last = &layer == &layers_.back();
    uniform(out, std::sqrt(6 / (last ? in + static_cast<double>(view.rows) : in)), random);
  }
  void bias(const Layer& layer, std::span<float> out, const Random& random) const {
    if (layer.kind == LayerKind::recurrent) return uniform(out, recurrent_bound(layer), random);
    constant(out, 0);
  }
  double recurrent_bound(const Layer& layer) const {
    return 1 / std::sqrt(static_cast<double>(graph_.node(layer.node).attributes.integer("hidden_size", 1)));
  }

  // Norms, slopes, embeddings: by the first node that reads them.
  void rest(ValueId id, std::span<float> out, const Random& random) const {
    const auto& users = graph_.value(id).users;
    if (users.empty()) return narrow(out, random);
    const Node& node = graph_.node(users.front());
    const auto input = static_cast<size_t>(std::find(node.inputs.begin(), node.inputs.end(), id) - node.inputs.begin());
    switch (node.op) {
      case OpKind::batch_normalization:
      case OpKind::instance_normalization:
      case OpKind::layer_normalization:
      case OpKind::group_normalization:
        return constant(out, input == 1 ? 1 : 0);
      case OpKind::mul:
      case OpKind::div:
        return constant(out, 1);  // a norm in pieces, a layer scale
      case OpKind::prelu:
        return constant(out, 0.25F);
      case OpKind::conv_transpose: {
        const auto& shape = graph_.value(id).constant->shape();
        if (input != 1) return constant(out, 0);
        return uniform(out, std::sqrt(6 * static_cast<double>(shape[1]) / static_cast<double>(out.size())), random);
      }
      case OpKind::rnn:
      case OpKind::lstm:
      case OpKind::gru: {
        const auto hidden = static_cast<double>(node.attributes.integer("hidden_size", 1));
        return uniform(out, 1 / std::sqrt(hidden), random);
      }
      case OpKind::add:
        if (is_shift(node, input)) return constant(out, 0);
        return narrow(out, random);
      default:
        return narrow(out, random);
    }
  }
  // The last piece of a norm, or a bias, and no position embedding.
  bool is_shift(const Node& add, size_t input) const {
    const ValueId other = add.inputs[1 - input];
    const NodeId producer = other == kNoValue ? kNoNode : graph_.value(other).producer;
    if (producer == kNoNode) return false;
    const OpKind op = graph_.node(producer).op;
    const Value& value = graph_.value(add.inputs[input]);
    return op == OpKind::mul || (value.constant->rank() == 1 && (op == OpKind::matmul || op == OpKind::gemm));
  }

  Graph& graph_;
  uint64_t seed_;
  std::vector<Layer> layers_;
  std::map<ValueId, const Layer*> weights_, biases_;
};

void reset_statistics(Graph& graph, const std::vector<ValueId>& fresh) {
  for (const Node& node : graph.nodes) {
    if (node.dead || node.op != OpKind::batch_normalization || node.inputs.size() < 5) continue;
    if (std::find(fresh.begin(), fresh.end(), node.inputs[1]) == fresh.end()) continue;
    for (const auto& [input, start] : {std::pair{size_t{3}, 0.0F}, {size_t{4}, 1.0F}}) {
      Value& value = graph.value(node.inputs[input]);
      if (!value.constant || value.constant->dtype() != DType::f32) continue;
      const auto out = value.constant->edit<float>();
      std::fill(out.begin(), out.end(), start);
    }
  }
}

void run_reinitialize(Session& session, const Param& params) {
  const std::vector<ValueId> values = chosen(session.graph, read_reinitialize(params).filter);
  Initializer initializer(session.graph, session.seed);
  int64_t parameters = 0;
  for (const ValueId id : values) {
    initializer.fill(id);
    parameters += session.graph.value(id).constant->size();
  }
  reset_statistics(session.graph, values);
  session.report.details["parameters"] = parameters;
}

}  // namespace

extern const StepDef step_reinitialize;
const StepDef step_reinitialize{.name = "reinitialize",
                                .summary = "fresh weights in the network's shape, masks stay: to train it from scratch",
                                .run = run_reinitialize,
                                .plan =
                                    [](const Param& params, const Param&) {
                                      return StepPlan{params_to_json(read_reinitialize(params)), 0};
                                    },
                                .options = [] { return params_info(ReinitializeOptions{}); },
                                .compresses = false,
                                .check = [](const Graph& graph, const Param& params,
                                            const Param&) { select(graph, read_reinitialize(params).filter); }};

}  // namespace pare
