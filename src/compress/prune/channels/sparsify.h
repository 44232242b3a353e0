// Training that drives whole channels towards zero, so that removing them afterwards costs little.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "compress/prune/channels/slices.h"
#include "core/channels/channels.h"
#include "core/graph.h"
#include "train/engine.h"

namespace pare {

struct Sparsity {
  // With w_k everything that makes channel k of a group (weights of all layers that make it, their biases, scale and
  // shift of norms, other learned tensors of it, but nothing of what reads it: at zero, the channel is zero), d its
  // number of elements, r the learning rate (of the layer, where `rates` says one) and s the strength, every update is
  // followed by
  //   group_lasso  w_k <- max(0, 1 - r s sqrt(d) / |w_k|) w_k                    (Yuan and Lin 2006)
  //   growing      w_k <- w_k / (1 + r s g_k), g_k = 2^(alpha (I_max - I_k) / (I_max - I_min)), I_k = |w_k|^2
  //                                                                              (Fang et al. 2023)
  //   slimming     scales of norms move towards 0 by r s                         (Liu et al. 2017)
  std::string method = "group_lasso";
  double strength = 1e-4, alpha = 4;
  double ratio = 1;  // share of every group's channels that is driven: those of the smallest norms at the moment
};

class SparsifyChannels final : public Observer {
 public:
  // Of groups with `may_go`. Tensors that do not learn at all and those on a grid are left alone.
  SparsifyChannels(const Graph& graph, const Channels& channels, const std::vector<bool>& may_go,
                   const TrainOptions& train, const Sparsity& sparsity);
  bool projects() const override { return true; }
  void project(State& state) override;

  // Groups in which there is something to drive, as numbers of channels.groups().
  std::span<const size_t> groups() const { return numbers_; }
  // |w_k| of each of them (of the scales alone under slimming). Ids of `graph` are still those of the constructor.
  std::vector<std::vector<double>> norms(const Graph& graph) const;

 private:
  struct Slices {
    ValueId value;
    uint32_t axis;
    double rate;  // factor on the learning rate
    AxisChannels owners;
  };
  struct Group {
    std::vector<Slices> slices;
    std::vector<double> sizes;  // elements of each channel
  };
  using WeightOf = std::function<std::span<const float>(ValueId)>;
  std::vector<double> norms(const Group& group, const WeightOf& weight_of) const;
  std::vector<double> factors(const Group& group, const std::vector<double>& norms, double pull) const;

  TrainOptions train_;
  Sparsity sparsity_;
  std::vector<size_t> numbers_;
  std::vector<Group> groups_;
  std::vector<Shape> shapes_;  // per value
};

}  // namespace pare
