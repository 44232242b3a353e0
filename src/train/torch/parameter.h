// A constant under training: what the network computes with, what is actually trained, and what belongs to it.
// How the first follows from the second is said by the value's encoding: dense, masked, or gathered from a codebook.
#pragma once

#include <optional>
#include <string>

#include "core/graph.h"
#include "train/torch/aten.h"

namespace pare::engine {

class Trained {
 public:
  // The constant must be f32. `weight` is a leaf on `device`.
  Trained(const Value& value, ValueId id, const std::string& graph, at::Device device);
  // A value whose grid has no rule for training (affine, power of two) keeps its levels: it is not trained here.
  static bool can_train(const Value& value);

  ValueId value;
  std::string graph, name;
  Shape shape;

  at::Tensor weight;         // materialized; requires_grad
  at::Tensor trained;        // the same tensor, or the codebook
  at::Tensor gradient;       // of `trained`; set by take_gradient
  at::Tensor first, second;  // moments of `trained`, made by the optimizer
  at::Tensor average;        // EMA of `trained`; undefined when off
  std::optional<BitMask> mask;
  double rate = 1;  // factor on the learning rate; 0: frozen, nothing but a mask changes it

  // A frozen weight asks for no gradient: what comes before the first layer that learns costs no backward pass.
  void set_rate(double factor);
  bool frozen() const { return rate == 0; }
  bool from_codebook() const { return levels_.defined(); }
  // From the gradient of `weight` after a backward pass: masks it, sums it over the members of each codebook entry.
  void take_gradient();
  // Drops the gradients; the next backward pass starts anew.
  void clear_gradient();
  // `weight` from `trained`. Nothing to do for a dense weight.
  void materialize();
  // After someone wrote into `weight`: the codebook moves to the mean of its members; masked elements become zero.
  void adopt_weight();
  // After `mask` changed from `before`: weight, moments and average follow; regrown weights start with zero moments.
  void apply_mask(const std::optional<BitMask>& before);
  // After a checkpoint put the public members back: what follows from them, and nothing else.
  void restored();
  // Weight that follows from the average (or from `trained` when there is none), without touching anything.
  at::Tensor averaged_weight() const;
  // Constant, codebook, levels and mask back into the graph.
  void write_back(Value& target) const;

 private:
  at::Tensor gather(const at::Tensor& codebook) const;
  at::Tensor sum_members(const at::Tensor& elements) const;
  at::Tensor count_members() const;

  at::Tensor levels_;        // index into the flat codebook for every element, i64
  at::Tensor counts_;        // members per entry that the mask keeps
  at::Tensor zero_entries_;  // entries that stay exactly zero
  at::Tensor gone_;          // what the mask removed
};

}  // namespace pare::engine
