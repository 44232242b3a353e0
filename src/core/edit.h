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
// Convenience for builders: a node of one output named after the node, which is the op's output number `place` (those
// before are absent). Shapes are inferred.
ValueId append(Graph& graph, OpKind op, std::string name, std::vector<ValueId> inputs, Attributes attributes = {},
               size_t place = 0);
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
// The value that an operand's elements come from, behind Transpose, Reshape, Expand and their like.
ValueId origin_of(const Graph& graph, ValueId value);
// Which values are learned: float constants at inputs that ops learn (OpDef::learned: weights, biases, scale and shift
// of norms), also behind a Transpose or Reshape, and what is marked already.
std::vector<bool> learned_constants(const Graph& graph);
void mark_trainable(Graph& graph);  // makes these trainable
// Of a graph as its source stores it, before Constant nodes become constants like all others: float initializers of
// more than one element that are added to, multiplied or concatenated with what comes out of a layer are parameters
// (position embeddings, class tokens, layer scales, norms in pieces) and become trainable. Constants of the exporter
// are nodes; what meets the raw input (mean, standard deviation) is preprocessing. Leaves a graph with marks as it is.
void mark_stored_parameters(Graph& graph);

}  // namespace pare
