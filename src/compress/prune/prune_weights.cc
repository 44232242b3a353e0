// Step `prune_weights`: removes single weights, N:M groups or blocks; at once, in rounds, or while training, where
// others may come back in their place.
#include "compress/batches.h"
#include "compress/prune/prune.h"
#include "compress/prune/rigl.h"
#include "compress/prune/schedule.h"
#include "core/error.h"
#include "train/rates.h"

namespace pare {
namespace {

constexpr double kAtRisk = 0.02;  // a layer that keeps less than this share is named in the report

bool measures(const Criterion& criterion) {
  return criterion.needs.gradient || criterion.needs.curvature || criterion.needs.input_rms;
}

PruneOptions read(const Param& params, const Param& defaults) {
  PruneOptions options = read_options<PruneOptions>(params, defaults);
  const Criterion& criterion = find_criterion(options.criterion);
  const Pattern pattern = parse_pattern(options.block);
  const bool global = options.scope == "global";
  ensure(!global || options.sparsity.rules.empty(),
         "scope global takes one sparsity for all layers, not one per layer");
  ensure(!global || pattern.kind != Pattern::Kind::n_of_m,
         "block {} gives every layer the same sparsity: scope has to be layer", options.block);
  ensure(pattern.kind != Pattern::Kind::n_of_m || (options.sparsity.rules.empty() && options.sparsity.otherwise == 0),
         "block {} says the sparsity itself: leave `sparsity` out", options.block);
  ensure(pattern.kind == Pattern::Kind::n_of_m || params.find("sparsity"),
         "say the share of weights to remove: `sparsity`");
  const bool trains = options.schedule == "cubic" || options.schedule == "rigl";
  // The usual values may be said: a report's effective options name them all.
  const PruneOptions usual;
  const auto only_where = [&](bool meant, std::string_view name, auto member) {
    ensure(meant || options.*member == usual.*member, "schedule {} has no `{}`", options.schedule, name);
  };
  only_where(options.schedule == "iterative", "rounds", &PruneOptions::rounds);
  only_where(trains, "every", &PruneOptions::every);
  only_where(trains, "begin", &PruneOptions::begin);
  only_where(trains, "end", &PruneOptions::end);
  only_where(options.schedule == "rigl", "regrow", &PruneOptions::regrow);
  if (trains) {
    ensure(options.train.epochs > 0, "schedule {} prunes while training: say `epochs`", options.schedule);
    ensure(options.begin < options.end, "begin ({}) has to be before end ({})", options.begin, options.end);
  }
  ensure(options.schedule != "rigl" || pattern.kind == Pattern::Kind::element,
         "schedule rigl exchanges single weights: block has to be none, not {}", options.block);
  if (options.schedule == "cubic") {
    ensure(!criterion.needs.curvature && !criterion.needs.input_rms,
           "criterion {} cannot be computed while training: use oneshot or iterative", criterion.name);
  }
  return options;
}

// Outputs of a layer that the mask leaves one weight or none.
int64_t nearly_cut(const PruneLayer& layer, const BitMask& mask) {
  int64_t count = 0;
  for (int64_t row = 0; row < layer.view.all_rows(); ++row) {
    int64_t kept = 0;
    for (int64_t column = 0; column < layer.view.columns && kept < 2; ++column)
      kept += mask[layer.view.index(row, column)];
    count += kept < 2;
  }
  return count;
}

// From the final state alone, so that a run that was interrupted says the same.
void describe(Session& session, const Pruner& pruner) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const PruneLayer& layer : pruner.layers()) {
    const Value& value = session.graph.value(layer.weight);
    const auto size = static_cast<double>(value.constant->size());
    const size_t kept = value.encoding.mask ? value.encoding.mask->kept() : static_cast<size_t>(size);
    const double share = static_cast<double>(kept) / size;
    const bool has_choice = value.encoding.mask && layer.view.columns > 1;
    const int64_t last = has_choice ? nearly_cut(layer, *value.encoding.mask) : 0;
    rows.push_back({{"layer", layer.name}, {"kept", kept}, {"sparsity", 1 - share}, {"nearly_cut", last}});
    if (last > 0) {
      session.report.warnings.push_back(fmt::format("layer '{}': {} of {} outputs are down to one weight or none",
                                                    layer.name, last, layer.view.all_rows()));
    }
    if (share < kAtRisk) {
      session.report.warnings.push_back(
          fmt::format("layer '{}' is at risk: {:.1f} % of its weights are gone", layer.name, 100 * (1 - share)));
    }
  }
  session.report.details["layers"] = std::move(rows);
}

void run(Session& session, const Param& params) {
  const PruneOptions options = read(params, session.train_defaults);
  Pruner pruner(session.graph, options, session.seed);
  const auto prune = [&](const Pruner::Growth& now) {
    Evidence evidence;
    if (measures(pruner.criterion())) {
      const Data& data = session.need_data("criterion " + options.criterion);
      const DatasetPtr samples = calibration_samples(session.graph, data.train, options.calibration, session.seed);
      evidence = session.engine().measure(session.graph, *samples, pruner.criterion().needs, options.calibration,
                                          session.progress);
    }
    pruner.prune(session.graph, evidence, now);
  };
  if (options.schedule == "cubic") {
    for (const PruneLayer& layer : pruner.layers()) ensure_has_zero(session.graph.value(layer.weight), layer.name);
    CubicPruning observer(pruner, options);
    session.fit(options.train, &observer);
  } else if (options.schedule == "rigl") {
    for (const PruneLayer& layer : pruner.layers()) ensure_may_grow(session.graph.value(layer.weight), layer.name);
    prune([](double target) { return target; });
    RiglRegrowth observer(pruner, options);
    session.fit(options.train, &observer);
  } else if (options.schedule == "iterative") {
    for (int64_t round = 1; round <= options.rounds; ++round) {
      prune([&](double target) { return round_sparsity(target, round, options.rounds); });
      session.fit(options.train);
    }
  } else {
    prune([](double target) { return target; });
    session.fit(options.train);
  }
  describe(session, pruner);
}

}  // namespace

extern const StepDef step_prune_weights;
const StepDef step_prune_weights{"prune_weights",
                                 "removes weights that matter little; zeros stay zero",
                                 run,
                                 [](const Param& params, const Param& defaults) {
                                   const PruneOptions options = read(params, defaults);
                                   const int64_t rounds = options.schedule == "iterative" ? options.rounds : 1;
                                   return StepPlan{params_to_json(options), options.train.epochs * rounds,
                                                   measures(find_criterion(options.criterion))};
                                 },
                                 [] { return params_info(PruneOptions{}); },
                                 true,
                                 [](const Graph& graph, const Param& params, const Param& defaults) {
                                   const PruneOptions options = read(params, defaults);
                                   check_rules(layers(graph), options.sparsity, "sparsity");
                                   if (options.train.epochs > 0) rate_factors(graph, options.train);
                                   Pruner(graph, options, 0);
                                 }};

}  // namespace pare
