// The model as data: one IR that mirrors ONNX one to one. Plain values with ids, so that a graph is copyable: try,
// measure, put back. What was decided about a tensor (grid, mask, codec) lives on its Value and nowhere else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/attributes.h"
#include "format/grid.h"
#include "format/op.h"
#include "format/shape.h"
#include "format/tensor.h"

namespace pare {

using ValueId = int32_t;                 // index into Graph::values
using NodeId = int32_t;                  // index into Graph::nodes
inline constexpr ValueId kNoValue = -1;  // an optional input or output that is absent
inline constexpr NodeId kNoNode = -1;

struct Value {
  std::string name;  // unique and not empty after import; `name_is_ours` in Origin terms when the source had none
  DType dtype = DType::none;
  std::optional<Dims> dims;             // nothing: unknown rank
  NodeId producer = kNoNode;            // kNoNode for inputs and constants
  std::vector<NodeId> users;            // one entry per use; kept by edit.h and `rebuild_links`
  std::optional<Tensor> constant;       // initializers; computed in f32 where the source type is f16, bf16, f64
  DType source_dtype = DType::none;     // type the constant is exported in when it differs from `dtype`
  Encoding encoding;                    // of a constant
  std::optional<Grid> activation_grid;  // of anything else
  bool trainable = false;               // a learned constant: set by mark_trainable, mark_stored_parameters

  bool is_constant() const { return constant.has_value(); }
};

struct Node {
  std::string name;
  OpKind op = OpKind::unknown;
  std::string domain;  // "" is the default domain
  std::string type;    // ONNX op type, for every node
  std::vector<ValueId> inputs, outputs;
  Attributes attributes;
  std::vector<ValueId> captured;  // values that opaque sub-graphs of this node refer to by name; they count as uses
  std::string doc;
  bool dead = false;    // removed nodes stay as tombstones until compact()
  int64_t version = 0;  // default-domain opset that a carried (unknown) op is written for; 0: the graph's
};

struct OpsetImport {
  std::string domain;
  int64_t version;
  friend bool operator==(const OpsetImport&, const OpsetImport&) = default;
};

// What the source file said about itself; kept so that a round trip gives it back.
// Of one node: attributes are looked up one by one, and a hostile file could hold any number.
inline constexpr size_t kMostAttributes = 4096;

struct Origin {
  int64_t ir_version = 8;
  std::vector<OpsetImport> opsets = {{"", 17}};
  std::string producer_name, producer_version, domain, doc, graph_name, graph_doc;
  int64_t model_version = 0;
  std::vector<std::pair<std::string, std::string>> metadata;  // pare.scale, pare.mean, ... among others
};

// Ids of live nodes are stable until compact(). `nodes` is kept in an order in which producers come first
// (topological order); verify() checks it.
struct Graph {
  std::vector<Node> nodes;
  std::vector<Value> values;
  std::vector<ValueId> inputs, outputs;     // inputs: without initializers
  std::map<uint32_t, std::string> symbols;  // names of symbolic dimensions
  uint32_t next_symbol = 1;
  Origin origin;
  std::string source;  // file the graph came from, for messages

  Value& value(ValueId id) { return values[static_cast<size_t>(id)]; }
  const Value& value(ValueId id) const { return values[static_cast<size_t>(id)]; }
  Node& node(NodeId id) { return nodes[static_cast<size_t>(id)]; }
  const Node& node(NodeId id) const { return nodes[static_cast<size_t>(id)]; }
  ValueId find_value(std::string_view name) const;  // kNoValue when there is none (linear: not for hot loops)
  int64_t opset() const;                            // version of the default domain
  // The constant behind node input i, or nullptr.
  const Tensor* constant_input(const Node& node, size_t i) const;
  bool has_input(const Node& node, size_t i) const { return i < node.inputs.size() && node.inputs[i] != kNoValue; }
  std::string label(const Node& node) const;  // "Conv 'conv1'" for messages
};
int64_t fixed_batch(const Graph& graph);  // the number of samples that its inputs insist on, 0 when any will do

// A layer is a weight and the node that multiplies with it: what `layers:` and `exclude:` globs, per-layer tables and
// PerLayer talk about.
enum class LayerKind : uint8_t { conv, depthwise, fc, norm, other, recurrent };
struct Layer {
  NodeId node;
  LayerKind kind;
  ValueId weight;
  ValueId bias;
  std::string name;
  friend bool operator==(const Layer&, const Layer&) = default;
};
// Constant weights of rank >= 2 of Conv, Gemm and MatMul, and of RNN, LSTM and GRU, where the weight of the input and
// that of the state are a layer each ("lstm1.W", "lstm1.R"); in the order of their nodes.
std::vector<Layer> layers(const Graph& graph);
std::string_view name_of(LayerKind kind);
// Does a `layers:` pattern match? Globs on the name, "kind:conv" (or just the kind's name), "first", "last", and
// "name:x" for the very name, whatever it looks like.
bool layer_matches(std::string_view pattern, const std::vector<Layer>& all, size_t index);
// Does the pattern name a kind or a place rather than a layer?
bool names_a_kind(std::string_view pattern);

// Fails with Error(internal/invalid) naming the first broken rule: links, order, unique names, encodings (see
// Encoding), shapes.
void verify(const Graph& graph);
std::string to_text(const Graph& graph);  // one line per node, for people

}  // namespace pare
