// What lifting and lowering share: attributes that became inputs, and nodes put before or after a node.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph.h"

namespace pare::ops {

// The node's name, or its first output's, with a suffix: a unique name for something made for it.
std::string name_beside(const Graph& graph, const Node& node, std::string_view suffix);

// New constants. `real_constant` has the element type of the node's first input where that is known.
ValueId integers_constant(Graph& graph, NodeId node, std::string_view suffix, std::span<const int64_t> values);
ValueId real_constant(Graph& graph, NodeId node, std::string_view suffix, float value);

// Turns an attribute into constant input `index`. Nothing happens when the node has no such attribute.
void integers_to_input(Graph& graph, NodeId node, std::string_view attribute, size_t index);
void real_to_input(Graph& graph, NodeId node, std::string_view attribute, size_t index);
// Turns input `index`, the last one the node keeps, back into an attribute. Error(unsupported) when it is computed.
void integers_to_attribute(Graph& graph, NodeId node, size_t index, std::string_view attribute, int64_t version);

// The elements of a constant input; Error(unsupported) naming the opset when it is computed. `index` must be present.
Shape constant_integers(const Graph& graph, const Node& node, size_t index, int64_t version);
// The same; nothing when it is absent or computed.
std::optional<Shape> known_integers(const Graph& graph, const Node& node, size_t index);
// The same of a list (rank 0 or 1): shape inference reads nothing else as one.
std::optional<Shape> known_list(const Graph& graph, const Node& node, size_t index);
// Unlinks the inputs from `count` on.
void keep_inputs(Graph& graph, NodeId node, size_t count);

// Inserts a node of one new output before `node`, whose id moves up by one. Returns the output.
ValueId insert_before(Graph& graph, NodeId& node, OpKind op, std::string_view suffix, std::vector<ValueId> inputs,
                      Attributes attributes = {});
// Inserts a node after `node` that takes over its first output; `node` gets a new one, which comes first among
// `inputs`.
void insert_after(Graph& graph, NodeId node, OpKind op, std::string_view suffix, std::vector<ValueId> more_inputs,
                  Attributes attributes = {});

// "opset 11 does not have ..." as Error(unsupported); who lifts or lowers a graph puts the node's name in front.
[[noreturn]] void unsupported(int64_t version, std::string_view what);
// Error(unsupported) where the type of the first input is known and only newer opsets take it.
void need_type(const Graph& graph, NodeId node, int64_t version, bool (*accepts)(DType));

}  // namespace pare::ops
