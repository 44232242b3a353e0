// Step `prune_channels`: removes whole channels, so that every tensor they lie in becomes smaller.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "compress/batches.h"
#include "compress/finetune/reestimate_norms.h"
#include "compress/prune/channels/compensate.h"
#include "compress/prune/channels/idle_options.h"
#include "compress/prune/channels/merge.h"
#include "compress/prune/channels/options.h"
#include "compress/prune/channels/pseudo_pruning.h"
#include "compress/prune/channels/select.h"
#include "compress/prune/channels/sparsity_table.h"
#include "compress/prune/channels/target.h"
#include "compress/prune/schedule.h"
#include "core/channels/dead.h"
#include "core/cost.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/random.h"
#include "train/rates.h"

namespace pare {
namespace {

using Json = nlohmann::ordered_json;

PruneChannelsOptions read(const Param& params, const Param& defaults) {
  PruneChannelsOptions options = read_options<PruneChannelsOptions>(params, defaults);
  const ChannelCriterion& criterion = find_channel_criterion(options.scoring.criterion);
  const auto said = [&](std::string_view option) { return params.find(option) != nullptr; };
  // A report's effective options name all of them: those that are 0 say nothing beside another.
  const bool by_ratio = !options.ratio.rules.empty() || options.ratio.otherwise > 0;
  const int ways = int{by_ratio} + int{said("target")} + int{options.sparsity > 0};
  ensure(ways == 1 || (ways == 0 && (said("ratio") || said("sparsity"))),
         "say how much goes: either `ratio`, the share of channels to remove, or `target`, what is left of a cost, or "
         "`sparsity`, that of the weights which ratios are taken from");
  read_target(options.target);
  ensure(options.scope == "local" || (options.ratio.rules.empty() && options.sparsity == 0),
         "scope {} takes one ratio for all groups, not one per layer", options.scope);
  ensure(!options.merge || !options.compensate,
         "merge and compensate both make up for the same channels: say one of them");
  options.distillation();
  PseudoOptions pseudo;
  read_params(options.pseudo, pseudo);
  ensure(options.schedule == "iterative" || options.rounds == 1, "schedule {} has one round", options.schedule);
  if (options.schedule == "pseudo") {
    ensure(options.train.epochs > 0, "schedule pseudo prunes while training: say `epochs`");
    ensure(pseudo.begin < pseudo.end, "begin ({}) has to be before end ({})", pseudo.begin, pseudo.end);
    ensure(!criterion.data && !criterion.needs.curvature && !criterion.needs.input_rms,
           "criterion {} cannot be computed while training: use another schedule", criterion.name);
    ensure(!options.compensate && !options.merge, "{} is for what is cut at once: schedule pseudo trains what stays",
           options.merge ? "merge" : "compensate");
    for (const std::string_view cost : {"latency", "bytes"})
      ensure(options.target.find(cost) == nullptr, "schedule pseudo cannot measure {} again and again", cost);
  }
  return options;
}

bool measures(const ChannelCriterion& criterion) {
  return criterion.needs.gradient || criterion.needs.curvature || criterion.needs.input_rms;
}
bool looks_at_data(const PruneChannelsOptions& options) {
  const ChannelCriterion& criterion = find_channel_criterion(options.scoring.criterion);
  return criterion.data || measures(criterion) || options.compensate;
}

bool matches(const std::string& pattern, const ChannelGroup& group, const std::vector<Layer>& all) {
  if (glob_match(pattern, group.name)) return true;
  for (size_t i = 0; i < all.size(); ++i) {
    const auto& makers = group.made_by;
    if (std::find(makers.begin(), makers.end(), all[i].name) != makers.end() && layer_matches(pattern, all, i))
      return true;
  }
  return false;
}

double ratio_of(const PerLayer<double>& ratio, const ChannelGroup& group, const std::vector<Layer>& all) {
  for (const auto& [pattern, value] : ratio.rules)
    if (matches(pattern, group, all)) return value;
  return ratio.otherwise;
}

class ChannelPruning {
 public:
  ChannelPruning(Session& session, const PruneChannelsOptions& options)
      : session_(session),
        options_(options),
        target_(read_target(options.target)),
        meter_(target_.of, session.packing, session.engine) {
    distill_ = options.distillation();
    read_params(options.pseudo, pseudo_);
  }

  void run() {
    expose_channels(session_.graph);
    infer_shapes(session_.graph);
    if (distill_.weight > 0) uncut_ = session_.graph;
    for (std::string& text : idle_options(options_)) warn_once(std::move(text));
    describe_start();
    const Teacher uncut{&uncut_, distill_.weight, distill_.temperature};
    const Teacher* teacher = distill_.weight > 0 ? &uncut : nullptr;
    if (options_.schedule == "pseudo") {
      train_with_and_without(teacher);
    } else {
      for (round_ = 1; round_ <= options_.rounds; ++round_) {
        cut();
        restore_norms();
        session_.fit(options_.train, nullptr, teacher);
      }
    }
    describe_end();
  }

 private:
  // A group over all rounds; its layers, and so its name, stay the same.
  struct Course {
    std::string name;
    std::vector<std::string> made_by;
    size_t before, now;
    double ratio;  // from the sparsity of its layers
  };

  void describe_start() {
    const Channels channels = Channels::find(session_.graph, options_.channel_options());
    for (const HeldBack& held : channels.held_back())
      session_.report.warnings.push_back(
          fmt::format("{}: {}; it holds back {} channels", held.node, held.reason, held.channels));
    std::vector<LayerSparsity> table;
    if (options_.sparsity > 0) table = sparsity_table(session_.graph, options_.sparsity);
    for (const LayerSparsity& row : table)
      session_.report.details["sparsity"].push_back(
          {{"layer", row.name}, {"zeros", row.zeros}, {"elements", row.elements}});
    for (const ChannelGroup& group : channels.groups())
      courses_.push_back({group.name, group.made_by, group.channels.size(), group.channels.size(),
                          sparsity_of(table, session_.graph, channels, group)});
    const std::vector<bool> may_go = chosen_groups(session_.graph, channels, options_.filter);
    std::string why = channels.groups().empty() ? "" : " from the layers that `layers` and `exclude` leave";
    for (const HeldBack& held : channels.held_back())
      why += fmt::format("; {}: {}, which holds back {}", held.node, held.reason, held.channels);
    ensure(std::find(may_go.begin(), may_go.end(), true) != may_go.end(), "no channel of this network can be removed{}",
           why);
    if (options_.round_to > 1 && !reaches(options_.round_to, channels, may_go))
      warn_once(fmt::format("round_to {}: no group has that many channels, so all of them stay", options_.round_to));
    before_ = cost_of_dims(session_.graph);
    if (const auto open = layers_of_open_size(session_.graph); target_.of == "macs" && !open.empty())
      warn_once(fmt::format("target macs: '{}'{} has open sizes, which count as 1", open[0],
                            open.size() > 1 ? fmt::format(" (of {} such layers)", open.size()) : ""));
    if (target_.of == "channels")
      cost_before_ = count();
    else if (target_.of == "latency")
      cost_before_ = as_number(session_.decide([&] { return to_bytes(meter_.cost(session_.graph), {}); }));
    else if (!target_.of.empty())
      cost_before_ = meter_.cost(session_.graph);
  }

  // A latency is not measured twice alike, so that what followed from one is kept: a cost, and what goes.
  static std::vector<std::byte> to_bytes(double cost, const std::vector<bool>& removed) {
    std::vector<std::byte> bytes(sizeof cost);
    std::memcpy(bytes.data(), &cost, sizeof cost);
    for (const bool gone : removed) bytes.push_back(std::byte{gone});
    return bytes;
  }
  static double as_number(const std::vector<std::byte>& bytes) {
    double cost = 0;
    if (bytes.size() < sizeof cost) fail(Code::corrupt, "a decision of {} bytes", bytes.size());
    std::memcpy(&cost, bytes.data(), sizeof cost);
    return cost;
  }
  std::vector<bool> choose_for_latency(const Channels& channels, std::vector<PrunableGroup>& groups) {
    const std::vector<std::byte> bytes = session_.decide([&] {
      const std::vector<bool> removed = choose_for_target(channels, groups);
      return to_bytes(chosen_cost_, removed);
    });
    chosen_cost_ = as_number(bytes);
    std::vector<bool> removed;
    for (const std::byte gone : std::span(bytes).subspan(sizeof(double))) removed.push_back(gone != std::byte{0});
    if (removed.size() != channels.size()) fail(Code::corrupt, "a decision about {} channels", removed.size());
    return removed;
  }

  void cut() {
    changed_ = false;
    if (options_.unused) remove_unused();
    const Channels channels = Channels::find(session_.graph, options_.channel_options());
    if (channels.groups().empty()) return;
    std::vector<PrunableGroup> groups = prunable(channels, score(channels));
    const std::vector<bool> removed = choose_from(channels, groups);
    if (round_ == options_.rounds && !target_.of.empty()) report_target(chosen_cost_);
    if (options_.merge) merged_ += merge_channels(session_.graph, channels, removed, session_.progress);
    if (options_.compensate) make_up_for(channels, removed);
    changed_ = std::find(removed.begin(), removed.end(), true) != removed.end();
    remove(channels, removed);
  }

  std::vector<bool> choose_from(const Channels& channels, std::vector<PrunableGroup>& groups) {
    if (target_.of.empty()) return flags_of(channels, choose_channels(groups));
    return target_.of == "latency" ? choose_for_latency(channels, groups) : choose_for_target(channels, groups);
  }

  // The cost that is nearest to the target, and not above it. One threshold for all moves in steps, some of them large
  // (a multiple of channels that all blocks share): groups that would step over the target stay, and others go on.
  std::vector<bool> choose_for_target(const Channels& channels, std::vector<PrunableGroup>& groups) {
    const int attempts = target_.of == "latency" ? 1 : 12;  // that is as exact as it can be measured
    constexpr double kNear = 0.995;
    const double limit = cost_before_ * (1 - share_now(1 - target_.kept));
    const auto choose = [&](double share) {
      for (PrunableGroup& group : groups) group.ratio = share;
      return choose_channels(groups);
    };
    const auto removed = [&](double share) { return flags_of(channels, choose(share)); };
    // Under schedule pseudo, this happens within the stage of the training.
    Progress& progress = growth_ ? Progress::quiet() : session_.progress;
    Stage stage(progress, fmt::format("target {}", target_.of), 0);
    KnownCosts known;
    const auto cost = [&](const std::vector<bool>& gone) {
      stage.check();
      stage.advance(known.size() + 1);
      return cost_without(channels, gone);
    };
    std::vector<bool> best;
    double best_cost = 0;
    for (int attempt = 0; attempt < attempts && (best.empty() || best_cost < kNear * limit); ++attempt) {
      const Shares around = shares_around(removed, cost, limit, known);
      std::vector<bool> gone = removed(around.high);
      const double left = known.at(gone);
      if (best.empty() || (left <= limit && left > best_cost)) best = std::move(gone), best_cost = left;
      if (around.low == around.high) break;
      const std::vector<std::vector<bool>> low = choose(around.low), high = choose(around.high);
      for (size_t g = 0; g < groups.size(); ++g)
        if (low[g] != high[g]) groups[g].least = static_cast<size_t>(std::count(low[g].begin(), low[g].end(), false));
    }
    chosen_cost_ = best_cost;
    return best;
  }

  double cost_without(const Channels& channels, const std::vector<bool>& removed) const {
    if (target_.of == "channels")
      return count() - static_cast<double>(std::count(removed.begin(), removed.end(), true));
    return meter_.cost_after(graph(), channels, removed);
  }
  // The network that channels are removed from.
  const Graph& graph() const { return network_ ? *network_ : session_.graph; }
  // How much of a share is to be gone by now.
  double share_now(double share) const {
    return growth_ ? share * *growth_ : round_sparsity(share, round_, options_.rounds);
  }

  void train_with_and_without(const Teacher* teacher) {
    if (options_.unused) remove_unused();
    const Graph network = session_.graph;
    const Channels channels = Channels::find(network, options_.channel_options());
    const MaskedCopy copy = with_masked_copy(network);
    unmasked_ = groups_without_mask(copy, channels);
    const std::vector<bool> may_go = chosen_groups(network, channels, options_.filter);
    for (const size_t g : unmasked_)
      if (may_go[g])
        session_.report.warnings.push_back(
            fmt::format("group '{}' keeps its channels: no mask of it has a part in the network's first output, which "
                        "schedule pseudo trains",
                        channels.groups()[g].name));
    const auto choose = [&](const Graph& now, const Evidence& evidence, double growth) {
      network_ = &now;
      growth_ = growth;
      ChannelContext context = context_of(channels);
      context.evidence = &evidence;
      std::vector<PrunableGroup> groups = prunable(channels, score_channels(context, options_.scoring, may_go));
      return choose_from(channels, groups);
    };
    PseudoPruning observer(network, channels, copy, pseudo_, options_.train, choose);
    TrainOptions train = options_.train;
    for (const MaskedCopy::Masked& item : copy.masks) train.freeze.push_back("name:" + item.node);
    session_.graph = copy.graph;
    const auto terms = pseudo_terms(copy, pseudo_, task_loss(session_.need_data("schedule pseudo").train->spec()));
    session_.fit(train, &observer, teacher, terms);

    const std::vector<bool> removed = masked_channels(copy, session_.graph, network, channels);
    session_.graph = taken_apart(copy, session_.graph, network, true);
    network_ = nullptr;
    if (!target_.of.empty()) report_target(cost_without(channels, removed));
    remove(channels, removed);
    describe_gap();
  }

  // Between what the full network reached in the last epoch and what is left of it.
  void describe_gap() {
    const std::vector<EpochRecord>& history = session_.report.history;
    if (!session_.data || !session_.data->validation || history.empty() || !history.back().validation) return;
    const Evaluation& full = *history.back().validation;
    const Evaluation now =
        session_.engine().evaluate(session_.graph, *session_.data->validation, {}, session_.progress);
    Json& gap = session_.report.details["gap"];
    if (full.task == Evaluation::Task::values)
      gap = {{"loss_full", full.loss}, {"loss_pruned", now.loss}};
    else
      gap = {{"top1_full", full.top1}, {"top1_pruned", now.top1}};
  }

  // Channels that the outputs do not depend on, as far as limits and multiples allow.
  void remove_unused() {
    const Channels channels = Channels::find(session_.graph, options_.channel_options());
    const std::vector<bool> may_go = chosen_groups(session_.graph, channels, options_.filter);
    std::vector<bool> wanted(channels.size(), false);
    for (size_t g = 0; g < may_go.size(); ++g)
      for (const ChannelId c : channels.groups()[g].channels) wanted[c] = may_go[g];
    fold_constant_channels(session_.graph, channels, wanted);
    const std::vector<bool> unused = dead_channels(session_.graph, channels);
    std::vector<std::vector<float>> scores;
    for (size_t g = 0; g < may_go.size(); ++g) {
      std::vector<float>& of_group = scores.emplace_back();
      for (const ChannelId c : channels.groups()[g].channels) of_group.push_back(wanted[c] && unused[c] ? 0.0F : 1.0F);
    }
    std::vector<PrunableGroup> groups = prunable(channels, scores);
    for (PrunableGroup& group : groups) {
      if (group.scores.empty()) continue;
      const auto live = static_cast<size_t>(std::count(group.scores.begin(), group.scores.end(), 1.0F));
      const size_t now = group.scores.size();
      size_t stay = std::max(live, group.least);
      while (stay < now && !may_stay(group, now, stay)) ++stay;
      group.least = std::min(stay, now);
      group.ratio = 1;
      group.kind = fmt::format("{}", &group - groups.data());
    }
    const std::vector<bool> removed = flags_of(channels, choose_channels(groups));
    unused_ += std::count(removed.begin(), removed.end(), true);
    remove(channels, removed);
  }

  std::vector<std::vector<float>> score(const Channels& channels) {
    const ChannelCriterion& criterion = find_channel_criterion(options_.scoring.criterion);
    ChannelContext context = context_of(channels);
    Evidence evidence;
    const Needs needs = criterion.needs;
    if (measures(criterion) || criterion.data) {
      show_data(context, fmt::format("criterion {}", criterion.name));
      if (measures(criterion)) {
        evidence =
            context.engine->measure(session_.graph, *context.data, needs, options_.calibration, session_.progress);
        context.evidence = &evidence;
      }
    }
    return score_channels(context, options_.scoring, chosen_groups(session_.graph, channels, options_.filter));
  }

  ChannelContext context_of(const Channels& channels) {
    return {.graph = graph(),
            .channels = channels,
            .evidence = nullptr,
            .seed = mix({session_.seed, static_cast<uint64_t>(round_)}),
            .engine = nullptr,
            .data = nullptr,
            .batches = options_.calibration,
            .progress = &session_.progress};
  }
  void show_data(ChannelContext& context, std::string_view what) {
    context.data =
        calibration_samples(session_.graph, session_.need_data(what).train, options_.calibration, session_.seed);
    context.engine = &session_.engine();
  }

  // The layers that read what goes are refitted.
  void make_up_for(const Channels& channels, const std::vector<bool>& removed) {
    ChannelContext context = context_of(channels);
    show_data(context, "compensate");
    for (const NodeId node : compensate(session_.graph, context, removed))
      compensated_.insert(session_.graph.node(node).name);
  }

  std::vector<PrunableGroup> prunable(const Channels& channels, const std::vector<std::vector<float>>& scores) {
    const std::vector<bool> may_go = chosen_groups(graph(), channels, options_.filter);
    const std::vector<Layer> all = layers(graph());
    const bool local = options_.scope == "local";
    std::vector<PrunableGroup> groups;
    for (size_t g = 0; g < channels.groups().size(); ++g) {
      const ChannelGroup& group = channels.groups()[g];
      PrunableGroup& prunable = groups.emplace_back();
      if (!may_go[g] || unmasked_.contains(g)) continue;
      if (scores[g].empty()) {
        warn_once(fmt::format("group '{}' keeps its channels: criterion {} finds nothing to look at there", group.name,
                              options_.scoring.criterion));
        continue;
      }
      prunable.scores = scores[g];
      const Course* course = find_course(group.name);
      prunable.before = course ? course->before : group.channels.size();
      const double ratio = options_.sparsity > 0 && course ? course->ratio : ratio_of(options_.ratio, group, all);
      prunable.ratio = share_now(ratio);
      const double stays = std::max(options_.min_kept, local ? 0 : 1 - options_.most);
      const double least = std::ceil(stays * static_cast<double>(prunable.before) - 1e-9);
      prunable.least = static_cast<size_t>(std::max(least, 1.0));
      const auto multiple = static_cast<size_t>(options_.round_to);
      prunable.unit = multiple / std::gcd(multiple, width_of(channels, group));
      if (local)
        prunable.kind = fmt::format("{}", g);
      else if (options_.scope == "isomorphic")
        prunable.kind = kind_of(graph(), channels, group);
    }
    return groups;
  }

  void remove(const Channels& channels, const std::vector<bool>& removed) {
    for (const ChannelGroup& group : channels.groups()) {
      const auto gone = static_cast<size_t>(
          std::count_if(group.channels.begin(), group.channels.end(), [&](ChannelId c) { return removed[c]; }));
      if (Course* course = find_course(group.name)) course->now = group.channels.size() - gone;
    }
    remove_channels(session_.graph, channels, removed);
  }

  void restore_norms() {
    if (!session_.data || options_.norm_batches == 0 || !changed_) return;  // unused channels change nothing
    reestimate_norms(session_.graph, session_.engine, session_.data->train,
                     {.batches = options_.norm_batches,
                      .batch = options_.train.batch,
                      .seed = mix({session_.seed, hash_of("norms"), static_cast<uint64_t>(round_)})},
                     session_.progress);
  }

  Course* find_course(const std::string& name) {
    const auto found =
        std::find_if(courses_.begin(), courses_.end(), [&](const Course& course) { return course.name == name; });
    return found == courses_.end() ? nullptr : &*found;
  }
  double count() const {
    double sum = 0;
    for (const Course& course : courses_) sum += static_cast<double>(course.now);
    return sum;
  }

  void warn_once(std::string text) {
    std::vector<std::string>& warnings = session_.report.warnings;
    if (std::find(warnings.begin(), warnings.end(), text) == warnings.end()) warnings.push_back(std::move(text));
  }

  void report_target(double cost) {
    const double left = cost / cost_before_;
    session_.report.details["target"] = {{"of", target_.of}, {"wanted", target_.kept}, {"left", left}};
    if (left > target_.kept)
      session_.report.warnings.push_back(fmt::format(
          "target {} {}: with the given limits, {:.3f} is the least that can be left", target_.of, target_.kept, left));
  }

  void describe_end() {
    Json groups = Json::array();
    size_t before = 0, after = 0;
    for (const Course& course : courses_) {
      groups.push_back(
          {{"name", course.name}, {"before", course.before}, {"after", course.now}, {"made_by", course.made_by}});
      before += course.before;
      after += course.now;
    }
    const NetworkCost now = cost_of_dims(session_.graph);
    const auto pair = [](auto from, auto to) { return Json{{"before", from}, {"after", to}}; };
    Json& details = session_.report.details;
    details["groups"] = std::move(groups);
    details["unused_channels"] = unused_;
    if (options_.merge) details["merged_channels"] = merged_;
    if (options_.compensate) details["compensated"] = compensated_;
    details["channels"] = pair(before, after);
    details["parameters"] = pair(before_.parameters, now.parameters);
    details["macs"] = pair(before_.macs, now.macs);
  }

  Session& session_;
  const PruneChannelsOptions& options_;
  CostTarget target_;
  CostMeter meter_;
  DistillOptions distill_;
  PseudoOptions pseudo_;
  const Graph* network_ = nullptr;  // while the session's is that of both networks
  std::optional<double> growth_;    // of schedule pseudo, 0..1
  std::set<size_t> unmasked_;       // groups that it cannot take anything from
  Graph uncut_;                     // the teacher
  std::vector<Course> courses_;
  std::set<std::string> compensated_;  // nodes
  NetworkCost before_;
  double cost_before_ = 0, chosen_cost_ = 0;
  int64_t round_ = 1, unused_ = 0;
  size_t merged_ = 0;
  bool changed_ = false;  // did the last cut take channels that the outputs depend on?
};

void run(Session& session, const Param& params) {
  const PruneChannelsOptions options = read(params, session.train_defaults);
  ChannelPruning(session, options).run();
}

// Names in `ratio` are those of layers or of groups.
void check(const Graph& graph, const Param& params, const Param& defaults) {
  const PruneChannelsOptions options = read(params, defaults);
  if (options.train.epochs > 0) rate_factors(graph, options.train);
  Graph copy = graph;
  expose_channels(copy);
  infer_shapes(copy);
  const Channels channels = Channels::find(copy, options.channel_options());
  chosen_groups(copy, channels, options.filter);
  const std::vector<Layer> all = layers(copy);
  for (const auto& rule : options.ratio.rules) {
    const std::string& pattern = rule.first;
    if (std::none_of(channels.groups().begin(), channels.groups().end(),
                     [&](const ChannelGroup& group) { return matches(pattern, group, all); }))
      check_patterns(all, {pattern}, "ratio");
  }
}

}  // namespace

extern const StepDef step_prune_channels;
const StepDef step_prune_channels{
    .name = "prune_channels",
    .summary = "removes channels that matter little; the network becomes narrower",
    .run = run,
    .plan =
        [](const Param& params, const Param& defaults) {
          const PruneChannelsOptions options = read(params, defaults);
          return StepPlan{params_to_json(options), options.train.epochs * options.rounds, looks_at_data(options)};
        },
    .options = [] { return params_info(PruneChannelsOptions{}); },
    .check = check};

}  // namespace pare
