// A graph made executable: the steps that some wanted values need, in order, with their kernels resolved and each
// intermediate's last use known. Built once; running it looks nothing up by name.
#pragma once

#include <string>
#include <vector>

#include "core/graph.h"
#include "train/torch/op.h"

namespace pare::engine {

class Module {
 public:
  // `wanted`: the values that run() returns, in order. Float constants go to `device`.
  // Error(unsupported) when a needed node cannot run. The graph is not needed afterwards.
  Module(const Graph& graph, std::vector<ValueId> wanted, at::Device device);

  // One tensor per graph input. Errors name node, op and file.
  std::vector<at::Tensor> run(std::span<const at::Tensor> inputs, const Mode& mode) const;

  // The tensor a constant computes with. Assigning makes it a trainable leaf, a shared buffer, ...
  at::Tensor& constant(ValueId id) { return constants_[static_cast<size_t>(id)]; }
  // Computes with the very tensors of `other`, a module of the same graph.
  void share_constants(const Module& other) { constants_ = other.constants_; }
  bool needs(ValueId constant) const { return needed_[static_cast<size_t>(constant)]; }

 private:
  struct Step {
    Kernel kernel;
    std::vector<ValueId> inputs, outputs;
    std::vector<ValueId> release;                            // values whose last use this is
    std::vector<std::pair<ValueId, Grid>> activation_grids;  // of outputs
    std::string label;                                       // "node 'x' (Conv) of file.onnx"
  };
  void check_and_place(const Graph& graph);

  std::vector<Step> steps_;
  std::vector<ValueId> inputs_, wanted_;
  std::vector<std::pair<ValueId, Grid>> input_grids_;
  std::vector<at::Tensor> constants_;  // by value id
  std::vector<bool> needed_;
  at::Device device_;
  std::string source_;
};

// "node 'x' (Conv) of file.onnx".
std::string place(const Graph& graph, const Node& node);
// The message of a LibTorch exception without its back trace.
std::string first_line(const std::exception& error);

}  // namespace pare::engine
