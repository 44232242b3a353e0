// Small edits that keep a graph's links right. Passes and importers use these and never touch producer/users directly.
#pragma once

#include "core/graph.h"

namespace pare {

ValueId add_value(Graph& graph, std::string name, DType dtype, std::optional<Dims> dims = {});
ValueId add_constant(Graph& graph, std::string name, Tensor tensor);
ValueId add_input(Graph& graph, std::string name, DType dtype, Dims dims);
// Appends a node; outputs are created by the caller (add_value) first. Links are updated.
NodeId add_node(Graph& graph, Node node);
// Inserts before the node at `position` in the order; ids of later nodes shift by one, links are rebuilt.
NodeId insert_node(Graph& graph, NodeId position, Node node);
// Convenience for builders: a node of one output named after the node. Shapes are inferred.
ValueId append(Graph& graph, OpKind op, std::string name, std::vector<ValueId> inputs, Attributes attributes = {});
// Others know this value by its name: graph inputs and outputs, and what opaque sub-graphs capture.
bool has_public_name(const Graph& graph, ValueId value);
// Every user of `from` (and graph outputs) uses `to` instead. A graph output keeps its public name: `to` takes it, or,
// where `to` has a public name of its own, an Identity is appended. Opaque sub-graphs refer by name: their use moves
// when `to` can take the name, else they go on using `from`. The name of a graph input never moves: what refers to it
// stays.
void replace_uses(Graph& graph, ValueId from, ValueId to);
void set_input(Graph& graph, NodeId node, size_t index, ValueId value);
void remove_node(Graph& graph, NodeId node);  // marks it dead and unlinks it; its outputs must have no users
void compact(Graph& graph);                   // drops dead nodes and unused values; ids change
void rebuild_links(Graph& graph);             // producer and users from scratch
void sort_topologically(Graph& graph);        // stable; Error(invalid) on a cycle
std::string unique_name(const Graph& graph, std::string_view base);
// Fills dtype and dims of every value from the inputs on, with the rules of format/ops. Unknown ops leave theirs as
// they are. Error(invalid) names the node where a rule is broken.
void infer_shapes(Graph& graph);
// Weights, biases, batch-norm scale and shift (float constants that layers and norms read) become trainable.
void mark_trainable(Graph& graph);

}  // namespace pare
