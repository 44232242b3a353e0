// Step `prune_blocks`: removes whole residual blocks, one after the other, each time the least important of those left.
#include <algorithm>
#include <cmath>
#include <limits>

#include "compress/batches.h"
#include "compress/finetune/reestimate_norms.h"
#include "compress/options.h"
#include "compress/prune/channels/calibration.h"
#include "core/blocks.h"
#include "core/cost.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/random.h"
#include "train/rates.h"

namespace pare {
namespace {

struct PruneBlocksOptions {
  std::string criterion = "l1";
  int64_t count = 1;
  double ratio = 0;
  bool by_ratio = false;  // and not by count
  int64_t calibration = 16, norm_batches = 8;
  LayerFilter filter;
  TrainOptions train;
  PruneBlocksOptions() {
    train.epochs = 0;
    train.rate = 0.01;
  }
  void visit(ParamVisitor& v) {
    v.field("criterion", criterion,
            "l1: mean |w|; taylor: mean |g w|; norm: of the branch, over that of its shortcut; loss: how much it rises "
            "without the block",
            {"l1", "taylor", "norm", "loss"});
    v.field("count", count, "blocks to remove, where no ratio is said", {1, 10000});
    v.field("ratio", ratio, "instead of count, the share of the blocks to remove", {0, 1});
    v.field("calibration", calibration, "batches of 128 training samples that criteria with data look at", {1, 1e6});
    v.field("norm_batches", norm_batches,
            "batches that statistics of batch norms are taken from afterwards; 0, or no data: they stay", {0, 1e6});
    filter.visit(v);
    visit_train(v, train, {});
  }
};

PruneBlocksOptions read_blocks_options(const Param& params, const Param& defaults) {
  PruneBlocksOptions options = read_options<PruneBlocksOptions>(params, defaults);
  const bool counts = params.find("count") != nullptr;
  // A report's effective options name both: a ratio of 0 beside a count says nothing, nor does the usual count.
  options.by_ratio = options.ratio > 0 || (params.find("ratio") != nullptr && !counts);
  ensure(!options.by_ratio || options.count == PruneBlocksOptions().count,
         "say how many blocks go: either `count`, or `ratio`, the share of them");
  return options;
}

class BlockPruning {
 public:
  BlockPruning(Session& session, const PruneBlocksOptions& options) : session_(session), options_(options) {}

  void run() {
    infer_shapes(session_.graph);
    const size_t before = blocks().size();
    ensure(before > 0, "no residual block of this network can be removed{}",
           residual_blocks(session_.graph).empty() ? "" : " among the layers that `layers` and `exclude` leave");
    const size_t count = options_.by_ratio
                             ? static_cast<size_t>(std::lround(options_.ratio * static_cast<double>(before)))
                             : static_cast<size_t>(options_.count);
    ensure(count <= before, "{} blocks are to go, but only {} can", count, before);
    const NetworkCost whole = cost_of_dims(session_.graph);
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (size_t i = 0; i < count; ++i) rows.push_back(remove_least());
    const NetworkCost rest = cost_of_dims(session_.graph);
    auto& details = session_.report.details;
    details["removed"] = std::move(rows);
    details["blocks"] = {{"before", before}, {"after", before - count}};
    details["parameters"] = {{"before", whole.parameters}, {"after", rest.parameters}};
    details["macs"] = {{"before", whole.macs}, {"after", rest.macs}};
    if (session_.data && options_.norm_batches > 0 && count > 0) {
      reestimate_norms(session_.graph, session_.engine, session_.data->train,
                       {.batches = options_.norm_batches,
                        .batch = options_.train.batch,
                        .seed = mix({session_.seed, hash_of("norms")})},
                       session_.progress);
    }
    session_.fit(options_.train);
  }

 private:
  // Those with one of the chosen layers and none that is excluded.
  std::vector<ResidualBlock> blocks() const {
    std::vector<ResidualBlock> result = residual_blocks(session_.graph);
    const auto names = [&](const std::vector<std::string>& patterns) {
      const std::vector<Layer> all = layers(session_.graph);
      std::vector<std::string> found;
      for (size_t i = 0; i < all.size(); ++i)
        if (std::any_of(patterns.begin(), patterns.end(), [&](const auto& p) { return layer_matches(p, all, i); }))
          found.push_back(all[i].name);
      return found;
    };
    const auto wanted = names(options_.filter.layers), excluded = names(options_.filter.exclude);
    std::erase_if(result, [&](const ResidualBlock& block) {
      const auto any = [&](const std::vector<std::string>& of) {
        return std::any_of(block.layers.begin(), block.layers.end(),
                           [&](const Layer& layer) { return std::find(of.begin(), of.end(), layer.name) != of.end(); });
      };
      return any(excluded) || (!options_.filter.layers.empty() && !any(wanted));
    });
    return result;
  }

  nlohmann::ordered_json remove_least() {
    const std::vector<ResidualBlock> left = blocks();
    ensure(!left.empty(), "without the blocks before, none is left to remove");
    const std::vector<double> scores = score(left);
    for (size_t b = 0; b < left.size(); ++b)
      ensure(!std::isnan(scores[b]), "criterion {}: the score of the block before '{}' is no number",
             options_.criterion, session_.graph.node(left[b].add).name);
    const auto least = static_cast<size_t>(std::min_element(scores.begin(), scores.end()) - scores.begin());
    ensure(std::isfinite(scores[least]), "criterion {} has a score for none of the blocks",
           options_.criterion);
    nlohmann::ordered_json names = nlohmann::ordered_json::array();
    for (const Layer& layer : left[least].layers) names.push_back(layer.name);
    nlohmann::ordered_json row = {
        {"sum", session_.graph.node(left[least].add).name}, {"layers", names}, {"score", scores[least]}};
    remove_block(session_.graph, left[least]);
    return row;
  }

  std::vector<double> score(const std::vector<ResidualBlock>& blocks) {
    if (options_.criterion == "norm") return relative_norms(blocks);
    if (options_.criterion == "loss") return losses(blocks);
    Evidence evidence;
    const bool taylor = options_.criterion == "taylor";
    if (taylor)
      evidence = session_.engine().measure(session_.graph, *samples(), {.gradient = true}, options_.calibration,
                                           session_.progress);
    std::vector<double> scores;
    for (const ResidualBlock& block : blocks) {
      double sum = 0, count = 0;
      for (const Layer& layer : block.layers) {
        const auto weight = session_.graph.value(layer.weight).constant->view<float>();
        const auto measured = evidence.gradient.find(layer.weight);
        if (taylor && measured == evidence.gradient.end()) continue;  // not learned, or of another output
        const auto gradient = taylor ? std::span<const float>(measured->second) : weight;
        for (size_t i = 0; i < weight.size(); ++i)
          sum += std::fabs(static_cast<double>(weight[i]) * (taylor ? static_cast<double>(gradient[i]) : 1));
        count += static_cast<double>(weight.size());
      }
      scores.push_back(count > 0 ? sum / count : std::numeric_limits<double>::infinity());
    }
    return scores;
  }

  // How large what the block adds is, against what it is added to.
  std::vector<double> relative_norms(const std::vector<ResidualBlock>& blocks) {
    const Channels none;
    const ChannelContext context{.graph = session_.graph,
                                 .channels = none,
                                 .evidence = nullptr,
                                 .seed = session_.seed,
                                 .engine = &session_.engine(),
                                 .data = samples(),
                                 .batches = options_.calibration,
                                 .progress = &session_.progress};
    std::vector<ValueId> fetch;
    int64_t floats = 0;
    for (const ResidualBlock& block : blocks) {
      fetch.insert(fetch.end(), {block.branch, block.shortcut});
      floats += 2 * elements_of(session_.graph, block.branch);
    }
    std::vector<double> sums(fetch.size());
    for_batches(context, floats, [&](const Batch& batch) {
      const std::vector<Tensor> seen = context.engine->run(session_.graph, batch.inputs, fetch);
      for (size_t i = 0; i < seen.size(); ++i)
        for (const float x : seen[i].view<float>()) sums[i] += static_cast<double>(x) * static_cast<double>(x);
    });
    std::vector<double> scores;
    for (size_t b = 0; b < blocks.size(); ++b)
      scores.push_back(std::sqrt(sums[2 * b] / std::max(sums[2 * b + 1], 1e-30)));
    return scores;
  }

  std::vector<double> losses(const std::vector<ResidualBlock>& blocks) {
    const DatasetPtr looked_at = samples();
    const auto loss = [&](const Graph& graph) {
      return session_.engine().evaluate(graph, *looked_at, {}, session_.progress).loss;
    };
    const double whole = loss(session_.graph);
    ensure(std::isfinite(whole), "criterion loss: the network's loss is no number");
    std::vector<double> scores;
    for (const ResidualBlock& block : blocks) {
      Graph without = session_.graph;
      remove_block(without, block);
      const double more = loss(without) - whole;
      scores.push_back(std::isnan(more) ? std::numeric_limits<double>::infinity() : more);
    }
    return scores;
  }

  DatasetPtr samples() const {
    return calibration_samples(session_.graph, session_.need_data("criterion " + options_.criterion).train,
                               options_.calibration, session_.seed);
  }

  Session& session_;
  const PruneBlocksOptions& options_;
};

}  // namespace

extern const StepDef step_prune_blocks;
const StepDef step_prune_blocks{
    .name = "prune_blocks",
    .summary = "removes whole residual blocks, the least important first",
    .run =
        [](Session& session, const Param& params) {
          const PruneBlocksOptions options = read_blocks_options(params, session.train_defaults);
          BlockPruning(session, options).run();
        },
    .plan =
        [](const Param& params, const Param& defaults) {
          const PruneBlocksOptions options = read_blocks_options(params, defaults);
          return StepPlan{params_to_json(options), options.train.epochs, options.criterion != "l1"};
        },
    .options = [] { return params_info(PruneBlocksOptions{}); },
    .check =
        [](const Graph& graph, const Param& params, const Param& defaults) {
          const PruneBlocksOptions options = read_blocks_options(params, defaults);
          select(graph, options.filter);
          if (options.train.epochs > 0) rate_factors(graph, options.train);
        }};

}  // namespace pare
