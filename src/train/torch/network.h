// One graph of a job: its executable form, what trains in it, and the running statistics that training moves.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "train/engine.h"
#include "train/torch/module.h"
#include "train/torch/parameter.h"

namespace pare::engine {

struct Buffer {  // running mean or variance of a norm that trains
  ValueId value;
  at::Tensor current, average;
};

class Network {
 public:
  Network(const Job::Role& role, std::vector<ValueId> wanted, const TrainOptions& options, at::Device device);

  std::string name;
  Graph* graph;
  bool trains;
  std::unique_ptr<Module> module;      // returns what the objective wants
  std::unique_ptr<Module> evaluation;  // shares the tensors of `module`; null unless it trains
  std::vector<Trained> parameters;     // frozen ones too: observers see and mask them
  std::vector<Buffer> buffers;

  // Moving averages: average = decay * average + (1 - decay) * current.
  void start_average();
  void update_average(double decay);
  void write_back();
};

// While it lives, the network computes with its averages.
class WithAverage {
 public:
  explicit WithAverage(Network& network);
  ~WithAverage();
  WithAverage(const WithAverage&) = delete;
  WithAverage& operator=(const WithAverage&) = delete;

 private:
  Network& network_;
  std::vector<at::Tensor> weights_, buffers_;  // the current ones, put back at the end; empty without averages
};

}  // namespace pare::engine
