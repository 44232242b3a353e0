// Step `regrow`: takes the masks of earlier steps away, so that removed weights may grow again from zero, and trains:
// the last third of dense-sparse-dense training (Han et al., 2017).
#include "compress/options.h"
#include "compress/prune/prune.h"
#include "core/error.h"
#include "train/rates.h"

namespace pare {
namespace {

struct Regrow {
  LayerFilter filter;
  TrainOptions train;
  Regrow() {
    train.epochs = 3;
    train.rate = 0.001;
  }
  void visit(ParamVisitor& v) {
    filter.visit(v);
    train.visit(v);
  }
};

Regrow read_regrow(const Param& params, const Param& defaults) {
  return read_options<Regrow>(params, without_rate(defaults));
}

void run_regrow(Session& session, const Param& params) {
  const Regrow options = read_regrow(params, session.train_defaults);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Layer& layer : select(session.graph, options.filter)) {
    Value& weight = session.graph.value(layer.weight);
    if (!weight.encoding.mask) continue;
    ensure_may_grow(weight, layer.name);
    const size_t kept = weight.encoding.mask->kept();
    rows.push_back({{"layer", layer.name}, {"regrown", weight.encoding.mask->size() - kept}});
    weight.encoding.mask.reset();
  }
  if (rows.empty()) session.report.warnings.push_back("none of the layers has removed weights");
  session.report.details["layers"] = std::move(rows);
  session.fit(options.train);
}

}  // namespace

extern const StepDef step_regrow;
const StepDef step_regrow{.name = "regrow",
                          .summary = "lets removed weights grow again: takes masks away and trains at a low rate",
                          .run = run_regrow,
                          .plan =
                              [](const Param& params, const Param& defaults) {
                                const Regrow options = read_regrow(params, defaults);
                                return StepPlan{params_to_json(options), options.train.epochs};
                              },
                          .options = [] { return params_info(Regrow{}); },
                          .check =
                              [](const Graph& graph, const Param& params, const Param& defaults) {
                                const Regrow options = read_regrow(params, defaults);
                                select(graph, options.filter);
                                if (options.train.epochs > 0) rate_factors(graph, options.train);
                              }};

}  // namespace pare
