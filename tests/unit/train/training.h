// Small jobs for tests of training.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/edit.h"
#include "core/error.h"
#include "core/random.h"
#include "tests/support/graphs.h"
#include "tests/support/memory_dataset.h"
#include "tests/support/torch_engine.h"

namespace pare::testing {

// x (N, 1) -> Gemm without bias -> y (N, 1): with squared error against t, the gradient of w is 2 (w x - t) x.
inline Graph line(float w) {
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1, 1), 1});
  const ValueId weight = add_constant(g, "w", floats({1, 1}, {w}));
  g.outputs = {append(g, OpKind::gemm, "fc", {x, weight})};
  g.value(weight).trainable = true;
  return g;
}

// x (N, 8) -> fc1 (16) -> norm -> relu -> dropout -> fc2 (classes).
inline Graph perceptron(int64_t classes = 4, bool norm = true, float dropout = 0, uint64_t seed = 1) {
  Random random(seed);
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  ValueId h = add_input(g, "x", DType::f32, {Dim(1, 1), 8});
  const auto fc = [&](const std::string& name, ValueId x, int64_t from, int64_t to) {
    const ValueId w = add_constant(g, name + ".weight", random_floats({to, from}, random, -0.4, 0.4));
    const ValueId b = add_constant(g, name + ".bias", random_floats({to}, random, -0.1, 0.1));
    return append(g, OpKind::gemm, name, {x, w, b}, attributes({{"transB", int64_t{1}}}));
  };
  h = fc("fc1", h, 8, 16);
  if (norm) h = append_norm(g, "norm", h, 16, random);
  h = append(g, OpKind::relu, "relu", {h});
  if (dropout > 0) h = append(g, OpKind::dropout, "dropout", {h, add_constant(g, "ratio", floats({}, {dropout}))});
  g.outputs = {fc("fc2", h, 16, classes)};
  mark_trainable(g);
  return g;
}

inline Value& named(Graph& graph, std::string_view name) { return graph.value(graph.find_value(name)); }
inline std::vector<float> weights(const Graph& graph, std::string_view name) {
  const auto view = graph.value(graph.find_value(name)).constant->view<float>();
  return {view.begin(), view.end()};
}
// Every constant's bytes, to compare results bit for bit.
inline std::string bits(const Graph& graph) {
  std::string all;
  for (const Value& value : graph.values)
    if (value.constant)
      all.append(reinterpret_cast<const char*>(value.constant->bytes().data()), value.constant->byte_size());
  return all;
}

inline Job job_for(Graph& graph, DatasetPtr train, DatasetPtr validation = nullptr) {
  Job job;
  job.graphs = {{"student", &graph, true}};
  job.train = std::move(train);
  job.validation = std::move(validation);
  job.options.epochs = 3;
  job.options.batch = 16;
  job.options.rate = 0.1;
  job.options.schedule = "constant";
  job.seed = 5;
  return job;
}
inline void fit(Job& job) { engine().fit(job, Progress::quiet()); }

// An observer made of functions.
struct Watcher : Observer {
  std::function<bool(int64_t)> wants = [](int64_t) { return false; };
  std::function<void(State&)> step = [](State&) {}, projection, epoch = [](State&) {};
  bool wants_step(int64_t k, int64_t, int64_t) const override { return wants(k); }
  void on_step(State& state) override { step(state); }
  bool projects() const override { return static_cast<bool>(projection); }
  void project(State& state) override { projection(state); }
  void on_epoch(const EpochRecord&, State& state) override { epoch(state); }
};

inline std::string message(const std::function<void()>& body, Code code) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

}  // namespace pare::testing
