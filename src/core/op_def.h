// The other facts of one op: what is not its shape. One `const OpDef op_<kind>` per file in core/ops/<kind>.cc;
// the table is expanded from format/op_list.def in core/op_def.cc.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/graph.h"
#include "format/infer.h"

namespace pare {

enum class AttributeType : uint8_t { integer, real, text, integers, reals, texts, tensor };
struct AttributeSpec {
  std::string_view name;
  AttributeType type;
};

struct Cost {
  int64_t macs = 0;        // multiply-accumulates for one sample (symbolic batch counted as 1)
  int64_t parameters = 0;  // elements of constant inputs of layers and norms
};

struct OpDef {
  OpKind kind;
  std::string_view name;                           // ONNX name
  std::span<const AttributeSpec> attributes = {};  // canonical (opset 17) ones; verify() checks types
  int min_inputs, max_inputs, max_outputs;         // max -1: any number
  // Multiply-accumulates for one sample, from facts of inputs and outputs; nullptr: none worth counting.
  int64_t (*macs)(const Graph&, const Node&) = nullptr;
  // From the form of `version` (7..17) to opset 17, in place; may add constants. nullptr: nothing changed in between.
  // lift and lower may insert nodes right before and right after the node: who walks the graph goes on after all of
  // them, that is, at the node's id + 1 + the growth of Graph::nodes. They know more where shapes are inferred.
  void (*lift)(Graph&, NodeId, int64_t version) = nullptr;
  // From opset 17 to `version` (11..17); Error(unsupported) when it cannot be said there. nullptr: same form.
  void (*lower)(Graph&, NodeId, int64_t version) = nullptr;
  int64_t since =
      1;  // first opset that has this op; below it `lower` says it with others, and without one it is an error
};
const OpDef* op_def(OpKind kind);  // nullptr for unknown

}  // namespace pare
