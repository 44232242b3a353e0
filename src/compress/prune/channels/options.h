// Options of the step `prune_channels`.
#pragma once

#include <cstdint>
#include <string>

#include "compress/options.h"
#include "compress/prune/channels/pseudo_pruning.h"
#include "compress/prune/channels/scores.h"
#include "core/channels/channels.h"

namespace pare {

struct DistillOptions {
  double weight = 0.5, temperature = 4;
  void visit(ParamVisitor& v) {
    v.field("weight", weight, "share of the loss that compares with the uncut network; the targets have the rest",
            {0, 1});
    v.field("temperature", temperature, "that class probabilities are softened with", {0.01, 1000});
  }
};

struct PruneChannelsOptions {
  ChannelScoring scoring;
  std::string schedule = "iterative", scope = "local", parts = "whole";
  PerLayer<double> ratio = 0.0;
  Param target, distill, pseudo;
  int64_t rounds = 1, round_to = 1;
  double sparsity = 0, min_kept = 0, most = 1;
  bool averaged = true, unused = true, merge = false, compensate = false;
  int64_t calibration = 16, norm_batches = 8;
  LayerFilter filter;
  TrainOptions train;
  PruneChannelsOptions() {
    train.epochs = 0;
    train.rate = 0.01;
  }

  void visit(ParamVisitor& v) {
    v.field("criterion", scoring.criterion, "what makes a channel important: a row of `pare list channel_criteria`");
    v.field("power", scoring.power, "exponent of criterion ln", {0.01, 100});
    v.field("members", scoring.members, "weights that are looked at: of the layers that make a channel, or of all",
            {"makers", "all"});
    v.field("reduction", scoring.reduction, "of the scores of all members of a group", {"sum", "mean", "max", "first"});
    v.field("normalization", scoring.normalization,
            "of the scores of a group, so that groups can be compared; auto: what suits the criterion",
            {"auto", "mean", "max", "none", "gaussian", "lamp"});
    v.field("scope", scope,
            "local: every group by its own ratio; global: one threshold for all; isomorphic: one for groups alike",
            {"local", "global", "isomorphic"});
    v.field("ratio", ratio, "share of the channels to remove, one number or per layer or group", {0, 1});
    v.field("target", target,
            "instead of ratio, the share that is left of one cost: channels, parameters, macs, bytes or latency");
    v.field("sparsity", sparsity,
            "instead of ratio: every group loses the share that its layers' weights would, were this share of all "
            "weights removed by magnitude",
            {0, 0.99999});
    v.field("schedule", schedule,
            "iterative: `rounds` of removing and training; oneshot: one; pseudo: training with and without what goes",
            {"oneshot", "iterative", "pseudo"});
    v.field("rounds", rounds, "of removing and training, `epochs` each", {1, 1000});
    v.field("round_to", round_to, "what stays of a group is a multiple of this", {1, 4096});
    v.field("min_kept", min_kept, "share of every group that stays", {0, 1});
    v.field("most", most, "largest share of one group that goes under scope global or isomorphic", {0, 1});
    v.field("parts", parts, "of heads and groups of convolutions: whole ones, channels within each, or both",
            {"whole", "within", "both"});
    v.field("averaged", averaged, "channels that a mean is taken over may go (layer norm)");
    v.field("unused", unused, "first remove channels that the outputs do not depend on");
    v.field("merge", merge, "readers get what a channel gave from the most similar channel that stays; needs no data");
    v.field("compensate", compensate,
            "refit the layers that read what goes, by least squares on calibration batches; needs data");
    v.field("calibration", calibration, "batches that criteria with data and compensate look at", {1, 1e6});
    v.field("norm_batches", norm_batches,
            "batches that statistics of batch norms are taken from after each cut; 0, or no data: they stay", {0, 1e6});
    v.field("distill", distill, "train towards the uncut network too: " + defaults_text<DistillOptions>());
    v.field("pseudo", pseudo, "of schedule pseudo: " + defaults_text<PseudoOptions>());
    filter.visit(v);
    visit_train(v, train, {{"schedule", "rate_schedule"}});
  }

  // Weight 0 where nothing is said of it.
  DistillOptions distillation() const {
    DistillOptions result;
    if (distill.is_null()) result.weight = 0;
    read_params(distill, result);
    return result;
  }
  ChannelOptions channel_options() const {
    return {.averaged = averaged, .whole = parts != "within", .within = parts != "whole"};
  }
};

}  // namespace pare
