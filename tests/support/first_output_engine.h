// A network with two outputs, and an engine that sees of it what the LibTorch engine does: the loss is that of the
// first output, so that what leads to the other one alone has no gradient and does not learn.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/support/graphs.h"
#include "tests/support/running_engine.h"

namespace pare::testing {

// x [N,1,8,8] -> stem (conv, norm, relu: 4) -> a (conv, relu: 4) -> fc_a -> y [N,10]
//                                           -> b (conv, relu: 6) -> fc_b -> z [N,3]
inline Graph two_outputs() {
  Random random(4);
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1, 1), 1, 8, 8});
  const auto conv = [&](const std::string& name, ValueId in, Shape shape) {
    const ValueId weight = add_constant(g, name + ".weight", random_floats(std::move(shape), random));
    return append(g, OpKind::conv, name, {in, weight}, attributes({{"strides", std::vector<int64_t>{2, 2}}}));
  };
  const auto branch = [&](const std::string& name, ValueId in, int64_t channels, int64_t outputs) {
    const ValueId r = append(g, OpKind::relu, "relu_" + name, {conv(name, in, {channels, 4, 3, 3})});
    const ValueId flat = append(g, OpKind::flatten, "flatten_" + name, {r});
    const ValueId weight = add_constant(g, "fc_" + name + ".weight", random_floats({outputs, channels}, random));
    return append(g, OpKind::gemm, "fc_" + name, {flat, weight}, attributes({{"transB", int64_t{1}}}));
  };
  const ValueId stem =
      append(g, OpKind::relu, "relu", {append_norm(g, "norm", conv("stem", x, {4, 1, 3, 3}), 4, random)});
  const ValueId y = branch("a", stem, 4, 10), z = branch("b", stem, 6, 3);
  g.outputs = {y, z};
  mark_trainable(g);
  return g;
}

class FirstOutputEngine : public RunningEngine {
 public:
  std::vector<size_t> measured;  // samples that measure() was given

  Evidence measure(const Graph& graph, const Dataset& data, Needs needs, int64_t batches, Progress& progress) override {
    measured.push_back(data.size());
    Evidence evidence = RunningEngine::measure(graph, data, {.gradient = true}, batches, progress);
    const std::set<ValueId> seen = sources(graph, {graph.outputs.at(0)});
    std::erase_if(evidence.gradient, [&](const auto& entry) { return !seen.contains(entry.first); });
    if (needs.curvature) evidence.curvature = evidence.gradient;
    if (!needs.gradient) evidence.gradient.clear();
    return evidence;
  }

  void fit(Job& job, Progress& progress) override {
    Graph& graph = *job.graphs.at(0).graph;
    std::vector<ValueId> ends = {graph.outputs.at(0)};
    for (const LossTerm& term : job.objective)
      for (const std::string& input : term.inputs)
        if (input.starts_with("student:")) ends.push_back(graph.find_value(input.substr(8)));
    const std::set<ValueId> seen = sources(graph, ends);
    std::vector<ValueId> unseen;
    for (size_t v = 0; v < graph.values.size(); ++v)
      if (graph.values[v].trainable && !seen.contains(static_cast<ValueId>(v)))
        unseen.push_back(static_cast<ValueId>(v));
    for (const ValueId v : unseen) graph.value(v).trainable = false;
    RunningEngine::fit(job, progress);
    for (const ValueId v : unseen) graph.value(v).trainable = true;
  }

 private:
  static std::set<ValueId> sources(const Graph& graph, const std::vector<ValueId>& of) {
    std::set<ValueId> result(of.begin(), of.end());
    for (size_t n = graph.nodes.size(); n-- > 0;) {
      const Node& node = graph.nodes[n];
      for (const ValueId output : node.outputs)
        if (!node.dead && result.contains(output)) result.insert(node.inputs.begin(), node.inputs.end());
    }
    return result;
  }
};

}  // namespace pare::testing
