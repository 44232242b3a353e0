// Step `sparsify_channels`: training that drives channels to zero, for the cut that follows.
#include "compress/prune/channels/sparsify.h"

#include <algorithm>

#include "compress/options.h"
#include "compress/prune/channels/select.h"
#include "core/edit.h"
#include "core/error.h"

namespace pare {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSmall = 0.01;  // of the largest norm of the group

struct SparsifyOptions {
  Sparsity sparsity;
  bool averaged = true;
  std::string parts = "whole";
  LayerFilter filter;
  TrainOptions train;
  SparsifyOptions() { train.rate = 0.01; }

  void visit(ParamVisitor& v) {
    v.field("method", sparsity.method,
            "what drives channels: group_lasso, to exactly zero; growing, small ones more; slimming, scales of norms",
            {"group_lasso", "growing", "slimming"});
    v.field("strength", sparsity.strength, "of the pull, times the learning rate", {0, 1000});
    v.field("alpha", sparsity.alpha, "of growing: the smallest channels are pulled 2^alpha times harder", {0, 30});
    v.field("ratio", sparsity.ratio, "share of every group that is driven, the smallest norms", {0, 1});
    v.field("parts", parts, "of heads and groups of convolutions: whole ones, channels within each, or both",
            {"whole", "within", "both"});
    v.field("averaged", averaged, "channels that a mean is taken over take part (layer norm)");
    filter.visit(v);
    visit_train(v, train, {});
  }
  ChannelOptions channel_options() const {
    return {.averaged = averaged, .whole = parts != "within", .within = parts != "whole"};
  }
};

SparsifyOptions read_sparsify(const Param& params, const Param& defaults) {
  SparsifyOptions options = read_options<SparsifyOptions>(params, defaults);
  ensure(options.train.epochs > 0, "sparsify_channels trains: say `epochs`");
  return options;
}

SparsifyChannels drive(const Graph& graph, const Channels& channels, const SparsifyOptions& options) {
  SparsifyChannels result(graph, channels, chosen_groups(graph, channels, options.filter), options.train,
                          options.sparsity);
  ensure(!result.groups().empty(), "there is no channel to drive{}",
         options.sparsity.method == "slimming" ? " (slimming wants norms with scales that learn)" : "");
  return result;
}

// From the trained graph alone, whose ids may be others.
void describe(Session& session, const SparsifyOptions& options) {
  const Channels channels = Channels::find(session.graph, options.channel_options());
  const SparsifyChannels driven = drive(session.graph, channels, options);
  const std::vector<std::vector<double>> norms = driven.norms(session.graph);
  Json groups = Json::array();
  for (size_t i = 0; i < norms.size(); ++i) {
    const double most = *std::max_element(norms[i].begin(), norms[i].end());
    const auto below = [&](double limit) {
      return std::count_if(norms[i].begin(), norms[i].end(), [&](double norm) { return norm <= limit; });
    };
    groups.push_back({{"name", channels.groups()[driven.groups()[i]].name},
                      {"channels", norms[i].size()},
                      {"zero", below(0)},
                      {"small", below(kSmall * most)}});
  }
  session.report.details["groups"] = std::move(groups);
}

void run_sparsify(Session& session, const Param& params) {
  const SparsifyOptions options = read_sparsify(params, session.train_defaults);
  expose_channels(session.graph);
  infer_shapes(session.graph);
  SparsifyChannels observer = drive(session.graph, Channels::find(session.graph, options.channel_options()), options);
  session.fit(options.train, &observer);
  describe(session, options);
}

void check_sparsify(const Graph& graph, const Param& params, const Param& defaults) {
  const SparsifyOptions options = read_sparsify(params, defaults);
  Graph copy = graph;
  expose_channels(copy);
  infer_shapes(copy);
  drive(copy, Channels::find(copy, options.channel_options()), options);
}

}  // namespace

extern const StepDef step_sparsify_channels;
const StepDef step_sparsify_channels{
    .name = "sparsify_channels",
    .summary = "trains and drives whole channels to zero, for prune_channels to remove",
    .run = run_sparsify,
    .plan =
        [](const Param& params, const Param& defaults) {
          const SparsifyOptions options = read_sparsify(params, defaults);
          return StepPlan{params_to_json(options), options.train.epochs};
        },
    .options = [] { return params_info(SparsifyOptions{}); },
    .check = check_sparsify};

}  // namespace pare
