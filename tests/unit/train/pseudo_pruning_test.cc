// Pseudo pruning with the real engine: the masked network learns beside the full one.
#include "compress/prune/channels/pseudo_pruning.h"

#include <algorithm>

#include "tests/unit/train/training.h"

namespace pare::testing {
namespace {

double top1(const Graph& graph, const DatasetPtr& data) {
  return engine().evaluate(graph, *data, {}, Progress::quiet()).top1;
}

TEST(PseudoPruning, WhatIsLeftLearnsToo) {
  const Graph network = perceptron();
  const Channels channels = Channels::find(network);
  ASSERT_EQ(channels.groups().size(), 1U);
  ASSERT_EQ(channels.size(), 16U);
  const MaskedCopy copy = with_masked_copy(network);
  Graph graph = copy.graph;
  const DatasetPtr train = clusters(256, {8}, 4, 1);
  Job job = job_for(graph, train);
  job.options.epochs = 12;
  job.options.rate = 0.03;
  for (const MaskedCopy::Masked& item : copy.masks) job.options.freeze.push_back("name:" + item.node);
  PseudoOptions options;
  options.every = 8;
  for (LossTerm& term : pseudo_terms(copy, options, "cross_entropy")) job.objective.push_back(term);
  std::vector<double> growths;
  std::vector<bool> removed(16, false);
  for (size_t c = 0; c < 12; ++c) removed[c] = true;
  const auto choose = [&](const Graph&, const Evidence& evidence, double growth) {
    growths.push_back(growth);
    EXPECT_FALSE(evidence.gradient.empty());
    return removed;
  };
  PseudoPruning observer(network, channels, copy, options, job.options, choose);
  job.observer = &observer;
  fit(job);

  EXPECT_EQ(growths.back(), 1);
  EXPECT_TRUE(std::is_sorted(growths.begin(), growths.end()));
  EXPECT_EQ(masked_channels(copy, graph, network, channels), removed);
  const Graph full = taken_apart(copy, graph, network, false);
  Graph smaller = taken_apart(copy, graph, network, true);
  remove_channels(smaller, channels, removed);
  // A network that trains without the mask loses much more by the same removal.
  Graph plain = network;
  Job without = job_for(plain, train);
  without.options = job.options;
  without.options.freeze.clear();
  fit(without);
  Graph cut = plain;
  remove_channels(cut, channels, removed);
  EXPECT_GT(top1(full, train), top1(plain, train) - 0.05);
  EXPECT_GT(top1(smaller, train), top1(cut, train) + 0.1);
  EXPECT_GT(top1(smaller, train), top1(full, train) - 0.1);
  // The masked half of the network has statistics of its own, and the full one still has all of its channels.
  EXPECT_NE(weights(graph, copy.own[0].first), weights(graph, copy.own[0].second));
  for (size_t i = 0; i < 12 * 8; ++i) EXPECT_NE(weights(full, "fc1.weight")[i], 0);
}

}  // namespace
}  // namespace pare::testing
