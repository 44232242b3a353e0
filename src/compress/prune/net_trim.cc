// Step `net_trim`: makes each layer's weights as sparse as its outputs on calibration data allow, without labels and
// without training (Net-Trim: Aghasi et al., 2017). Outputs are compared before the function that follows; behind a
// ReLU they are at least as close. Layers are trimmed side by side: each sees the inputs of the network as it came.
#include <cmath>
#include <set>

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

Trimmed trim(const Graph& graph, InputProducts& input, double closeness) {
  const LayerMatrix& layer = input.layer;
  const Value& value = graph.value(layer.weight);
  damp(input.products);  // few samples do not say what weights are worth on others
  const auto old = value.constant->view<float>();
  Trimmed result{{old.begin(), old.end()}, BitMask(old.size()), 0};
  std::vector<std::vector<double>> rows(layer.outputs);
  std::vector<double> errors(layer.outputs);
  parallel_for(layer.outputs, [&](size_t o) {
    const std::vector<double> start = input.weights_of(graph, o);
    std::vector<bool> may_change(start.size());
    for (size_t r = 0; r < start.size(); ++r) {
      const size_t element = layer.element(o, r / layer.taps, r % layer.taps);
      may_change[r] = !value.encoding.mask || (*value.encoding.mask)[element];
    }
    rows[o] = sparse_fit(input.products, start, may_change, closeness);
    refit(input.products, start, may_change, rows[o]);
    errors[o] = relative_error(input.products, start, rows[o]);
  });
  for (size_t o = 0; o < layer.outputs; ++o) {
    result.error += std::sqrt(errors[o]) / static_cast<double>(layer.outputs);
    for (size_t r = 0; r < rows[o].size(); ++r) {
      const size_t element = layer.element(o, r / layer.taps, r % layer.taps);
      result.weight[element] = static_cast<float>(rows[o][r]);
      result.mask.set(element, result.weight[element] != 0);
    }
  }
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
                               .data = data.train,
                               .batches = options.batches,
                               .progress = &session.progress};
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  std::set<ValueId> seen;
  for (const Layer& layer : select(before, options.filter)) {
    if (!seen.insert(layer.weight).second) continue;
    std::optional<InputProducts> input;
    if (!before.value(layer.weight).encoding.grid)
      input = input_products(context, {layer.weight, 0, ChannelRole::reads, layer.node});
    if (!input || input->products.rows() == 0) {
      session.report.warnings.push_back(fmt::format(
          "layer '{}' stays as it is: net_trim works on convolutions without groups and dense layers of at most 5,120 "
          "inputs, whose weights are their own",
          layer.name));
      continue;
    }
    Trimmed trimmed = trim(before, *input, options.closeness);
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
          return StepPlan{params_to_json(read_net_trim(params)), 0};
        },
    .options = [] { return params_info(NetTrimOptions{}); },
    .check = [](const Graph& graph, const Param& params,
                const Param&) { select(graph, read_net_trim(params).filter); }};

}  // namespace pare
