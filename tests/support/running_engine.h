// The toy engine that trains nothing real, with the slow engine's exact answers to Engine::run.
#pragma once

#include "tests/support/slow_engine.h"
#include "tests/support/toy_engine.h"

namespace pare::testing {

class RunningEngine : public ToyEngine {
 public:
  std::vector<Tensor> run(const Graph& graph, std::span<const Tensor> inputs, std::span<const ValueId> fetch) override {
    return SlowEngine().run(graph, inputs, fetch);
  }
};

}  // namespace pare::testing
