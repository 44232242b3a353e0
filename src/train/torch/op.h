// How a node becomes something that can be executed: once per node, its attributes are read and a kernel is made.
// One `prepare_<kind>` per op of format/op_list.def, grouped by family in ops/; op_table.cc collects them.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "core/graph.h"
#include "train/torch/aten.h"
#include "train/torch/process_group.h"

namespace pare::engine {

// How a step is executed.
struct Mode {
  bool training = false;           // batch statistics, dropout
  bool bf16 = false;               // convolutions and matrix products in bfloat16
  at::Device device = at::kCPU;    // where floats live; integers (shapes, indices) stay on the CPU
  Optional<at::Generator> random;  // of dropout, on the CPU; the same in every process
  BatchPart part;                  // of the batch that goes through the network
};

using Inputs = std::span<const at::Tensor>;  // an undefined tensor is an absent optional input
using Outputs = std::vector<at::Tensor>;
using Kernel = std::function<Outputs(Inputs, const Mode&)>;

// Error(invalid) when an attribute makes no sense.
using Prepare = Kernel (*)(const Node&);
Prepare find_op(OpKind op);  // nullptr for unknown

inline bool present(Inputs in, size_t i) { return i < in.size() && in[i].defined(); }
// `axis` counted from the front; Error(invalid) when out of range.
int64_t axis_of(int64_t axis, int64_t rank);

}  // namespace pare::engine
