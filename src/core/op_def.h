// The other facts of one op: what is not its shape. One `const OpDef op_<kind>` per file in core/ops/<kind>.cc;
// the table is expanded from format/op_list.def in core/op_def.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "core/graph.h"
#include "format/infer.h"

namespace pare {

class ChannelTies;
class ChannelCut;

enum class AttributeType : uint8_t { integer, real, text, integers, reals, texts, tensor };
struct AttributeSpec {
  std::string_view name;
  AttributeType type;
};

struct Cost {
  int64_t macs = 0;        // multiply-accumulates for one sample (symbolic batch counted as 1)
  int64_t parameters = 0;  // elements of constant inputs of layers and norms
};

// Numbers of inputs, as a set; of ops with more inputs than 64, the last bit stands for the rest.
class InputSet {
 public:
  constexpr InputSet() = default;
  constexpr InputSet(std::initializer_list<size_t> inputs) {
    for (const size_t input : inputs) bits_ |= bit(input);
  }
  static constexpr InputSet all() {
    InputSet set;
    set.bits_ = ~uint64_t{0};
    return set;
  }
  constexpr bool contains(size_t input) const { return (bits_ & bit(input)) != 0; }

 private:
  static constexpr uint64_t bit(size_t input) { return uint64_t{1} << (input < 63 ? input : 63); }
  uint64_t bits_ = 0;
};

struct OpDef {
  OpKind kind;
  std::string_view name;                           // ONNX name
  std::span<const AttributeSpec> attributes = {};  // canonical (opset 17) ones; verify() checks types
  int min_inputs, max_inputs, max_outputs;         // max -1: any number
  // Multiply-accumulates for one sample, from facts of inputs and outputs; nullptr: none worth counting.
  int64_t (*macs)(const Graph&, const Node&) = nullptr;
  // From the form of `version` (7..22) to opset 17, in place; may add constants. nullptr: nothing changed in between.
  // Error(unsupported) for what 17 cannot say: the node is then carried. lift and lower may insert nodes right before
  // and right after the node; those are in the wanted form already.
  void (*lift)(Graph&, NodeId, int64_t version) = nullptr;
  // From opset 17 to `version` (11..22); Error(unsupported) when it cannot be said there. nullptr: same form.
  // Reads inferred types and shapes.
  void (*lower)(Graph&, NodeId, int64_t version) = nullptr;
  // First opset that can say this op, with other ops where `lower` does so; lowering below it is an error.
  int64_t since = 1;
  // lift reads inferred types and shapes, so that it comes after the other lifts and an inference. The shape rule of
  // such an op holds for its old forms too.
  bool lift_needs_facts = false;

  // What is learned (core/learned.cc). These inputs are what training finds, where they are float constants: weights,
  // biases, scales.
  InputSet learned = {};
  // Puts its inputs together, element by element or side by side. A constant that an activation is joined with may be
  // learned (a position embedding, a layer scale) or not (a mask): see mark_stored_parameters.
  bool joins = false;
  // The outputs hold elements of input 0 and no others, so what is learned there may lie behind it.
  bool moves = false;

  // Which indices of which axes go together when channels are removed (core/channels/ties.h). It has to speak of every
  // axis of every input and output, to tie or to pin. nullptr: all of them stay, and reports name the node.
  void (*tie)(ChannelTies&, const Node&) = nullptr;
  // Afterwards: the node's attributes and the inputs that hold sizes or places (core/channels/cut.h). nullptr: it has
  // none.
  void (*cut)(ChannelCut&, NodeId) = nullptr;
};
const OpDef* op_def(OpKind kind);  // nullptr for unknown

}  // namespace pare
