// Step `net_trim`: makes each layer's weights as sparse as its outputs on calibration data allow, without labels and
// without training (Net-Trim: Aghasi et al., 2017). Outputs are compared before the function that follows; behind a
// ReLU they are at least as close. Layers are trimmed side by side: each sees the inputs of the network as it came.
#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "compress/batches.h"
#include "compress/prune/channels/input_products.h"
#include "compress/prune/prune.h"
#include "compress/prune/sparse_fit.h"
#include "core/error.h"
#include "core/parallel.h"

namespace pare {
namespace {

struct NetTrimOptions {
  double closeness = 0.1;
  int64_t batches = 16;
  LayerFilter filter;
  void visit(ParamVisitor& v) {
    v.field("closeness", closeness, "how far every output of a layer may move, as a share of its norm", {0, 1});
    v.field("batches", batches, "of training samples that outputs are compared on", {1, 1e6});
    filter.visit(v);
  }
};

NetTrimOptions read_net_trim(const Param& params) {
  NetTrimOptions options;
  read_params(params, options);
  return options;
}

struct Trimmed {
  std::vector<float> weight;
  BitMask mask;
  double error = 0;  // of the outputs, relative
};

Trimmed trim(const Graph& graph, InputProducts& input, double closeness, const std::function<void(size_t)>& done) {
  constexpr size_t kBlock = 64;  // outputs between two looks at whether to stop
  const LayerMatrix& layer = input.layer;
  const Value& value = graph.value(layer.weight);
  damp(input.products);  // few samples do not say what weights are worth on others
  const auto old = value.constant->view<float>();
  Trimmed result{{old.begin(), old.end()}, BitMask(old.size()), 0};
  for (size_t from = 0; from < layer.outputs; from += kBlock) {
    const size_t count = std::min(kBlock, layer.outputs - from);
    std::vector<std::vector<double>> rows(count);
    std::vector<double> errors(count);
    parallel_for(count, [&](size_t k) {
      const std::vector<double> start = input.weights_of(graph, from + k);
      std::vector<bool> may_change(start.size());
      for (size_t r = 0; r < start.size(); ++r) {
        const size_t element = layer.element(from + k, r / layer.taps, r % layer.taps);
        may_change[r] = !value.encoding.mask || (*value.encoding.mask)[element];
      }
      SparseFit fit(input.products, start);
      fit.shrink(may_change, closeness);
      fit.refit(may_change);
      rows[k] = fit.weights();
      errors[k] = fit.relative_error();
    });
    for (size_t k = 0; k < count; ++k) {
      result.error += std::sqrt(errors[k]) / static_cast<double>(layer.outputs);
      for (size_t r = 0; r < rows[k].size(); ++r) {
        const size_t element = layer.element(from + k, r / layer.taps, r % layer.taps);
        result.weight[element] = static_cast<float>(rows[k][r]);
        result.mask.set(element, result.weight[element] != 0);
      }
    }
    done(count);
  }
  return result;
}

// Layers with a weight of their own, each weight once.
std::vector<Layer> chosen_layers(const Graph& graph, const LayerFilter& filter) {
  std::vector<Layer> result;
  std::set<ValueId> seen;
  for (const Layer& layer : select(graph, filter))
    if (seen.insert(layer.weight).second) result.push_back(layer);
  return result;
}

void run_net_trim(Session& session, const Param& params) {
  const NetTrimOptions options = read_net_trim(params);
  const Data& data = session.need_data("net_trim");
  const Graph before = session.graph;
  const Channels none;
  const ChannelContext context{.graph = before,
                               .channels = none,
                               .evidence = nullptr,
                               .seed = session.seed,
                               .engine = &session.engine(),
                               .data = calibration_samples(before, data.train, options.batches, session.seed),
                               .batches = options.batches,
                               .progress = &session.progress};
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  const std::vector<Layer> chosen = chosen_layers(before, options.filter);
  const auto outputs_of = [&](const Layer& layer) {
    const auto matrix = layer_matrix(before, layer.node);
    return matrix ? matrix->outputs : 0;
  };
  size_t outputs = 0, done = 0;
  for (const Layer& layer : chosen) outputs += outputs_of(layer);
  Stage stage(session.progress, "net_trim", outputs);
  for (const Layer& layer : chosen) {
    const size_t end = done + outputs_of(layer);
    std::optional<InputProducts> input;
    if (!before.value(layer.weight).encoding.grid)
      input = input_products(context, {layer.weight, 0, ChannelRole::reads, layer.node});
    if (!input || input->products.rows() == 0) {
      session.report.warnings.push_back(fmt::format(
          "layer '{}' stays as it is: net_trim works on convolutions without groups and dense layers of at most 5,120 "
          "inputs, whose weights are their own",
          layer.name));
      stage.advance(done = end);
      continue;
    }
    Trimmed trimmed = trim(before, *input, options.closeness, [&](size_t count) {
      stage.advance(done += count);
      stage.check();
    });
    const auto out = session.graph.value(layer.weight).constant->edit<float>();
    std::copy(trimmed.weight.begin(), trimmed.weight.end(), out.begin());
    const size_t kept = trimmed.mask.kept(), size = trimmed.mask.size();
    apply_mask(session.graph, layer.weight, std::move(trimmed.mask), layer.name);
    rows.push_back({{"layer", layer.name},
                    {"kept", kept},
                    {"sparsity", 1 - static_cast<double>(kept) / static_cast<double>(size)},
                    {"moved", trimmed.error}});
  }
  ensure(!rows.empty(), "no layer is left to trim");
  session.report.details["layers"] = std::move(rows);
}

}  // namespace

extern const StepDef step_net_trim;
const StepDef step_net_trim{
    .name = "net_trim",
    .summary = "sparsest weights that keep each layer's outputs close on calibration data; without labels",
    .run = run_net_trim,
    .plan =
        [](const Param& params, const Param&) {
          return StepPlan{params_to_json(read_net_trim(params)), 0, true};
        },
    .options = [] { return params_info(NetTrimOptions{}); },
    .check = [](const Graph& graph, const Param& params,
                const Param&) { select(graph, read_net_trim(params).filter); }};

}  // namespace pare
