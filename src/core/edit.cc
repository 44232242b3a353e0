#include "core/edit.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_set>

#include "core/error.h"
#include "core/infer.h"

namespace pare {
namespace {

// Users stay sorted by node, one entry per use, so that links depend on the graph and not on the history of edits.
void add_user(Graph& graph, ValueId value, NodeId node) {
  if (value == kNoValue) return;
  auto& users = graph.value(value).users;
  users.insert(std::upper_bound(users.begin(), users.end(), node), node);
}

void drop_user(Graph& graph, ValueId value, NodeId node) {
  if (value == kNoValue) return;
  auto& users = graph.value(value).users;
  const auto it = std::lower_bound(users.begin(), users.end(), node);
  if (it != users.end() && *it == node) users.erase(it);
}

void link(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  for (const ValueId input : node.inputs) add_user(graph, input, id);
  for (const ValueId value : node.captured) add_user(graph, value, id);
  for (const ValueId output : node.outputs) {
    if (output != kNoValue) graph.value(output).producer = id;
  }
}

bool contains(const std::vector<ValueId>& list, ValueId value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_captured(const Graph& graph, ValueId value) {
  const auto& users = graph.value(value).users;
  return std::any_of(users.begin(), users.end(), [&](NodeId n) { return contains(graph.node(n).captured, value); });
}

// Gives `to` the name of `from`; where `to` has a name that others know, an Identity at the end carries it instead.
// Returns the value that has the name now.
ValueId hand_over_name(Graph& graph, ValueId from, ValueId to) {
  if (!has_public_name(graph, to)) {
    std::swap(graph.value(from).name, graph.value(to).name);
    return to;
  }
  const std::string name = graph.value(from).name;
  graph.value(from).name = unique_name(graph, name);
  const Value& source = graph.value(to);
  const ValueId copy = add_value(graph, name, source.dtype, source.dims);
  Node identity;
  identity.name = unique_name(graph, name + "_identity");
  identity.op = OpKind::identity;
  identity.type = onnx_name(OpKind::identity);
  identity.inputs = {to};
  identity.outputs = {copy};
  add_node(graph, std::move(identity));
  return copy;
}

}  // namespace

ValueId add_value(Graph& graph, std::string name, DType dtype, std::optional<Dims> dims) {
  Value value;
  value.name = std::move(name);
  value.dtype = dtype;
  value.dims = std::move(dims);
  graph.values.push_back(std::move(value));
  return static_cast<ValueId>(graph.values.size() - 1);
}

ValueId add_constant(Graph& graph, std::string name, Tensor tensor) {
  const ValueId id = add_value(graph, std::move(name), tensor.dtype(), to_dims(tensor.shape()));
  graph.value(id).constant = std::move(tensor);
  return id;
}

ValueId add_input(Graph& graph, std::string name, DType dtype, Dims dims) {
  const ValueId id = add_value(graph, std::move(name), dtype, std::move(dims));
  graph.inputs.push_back(id);
  return id;
}

NodeId add_node(Graph& graph, Node node) {
  graph.nodes.push_back(std::move(node));
  const NodeId id = static_cast<NodeId>(graph.nodes.size() - 1);
  link(graph, id);
  return id;
}

NodeId insert_node(Graph& graph, NodeId position, Node node) {
  graph.nodes.insert(graph.nodes.begin() + position, std::move(node));
  rebuild_links(graph);
  return position;
}

ValueId append(Graph& graph, OpKind op, std::string name, std::vector<ValueId> inputs, Attributes attributes,
               size_t place) {
  Node node;
  node.name = unique_name(graph, name);
  node.op = op;
  node.type = onnx_name(op);
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  const ValueId output = add_value(graph, node.name, DType::none);
  node.outputs.assign(place, kNoValue);
  node.outputs.push_back(output);
  infer_node(graph, add_node(graph, std::move(node)));
  return output;
}

bool has_public_name(const Graph& graph, ValueId value) {
  return contains(graph.inputs, value) || contains(graph.outputs, value) || is_captured(graph, value);
}

void replace_uses(Graph& graph, ValueId from, ValueId to) {
  if (from == to) return;
  const bool is_output = contains(graph.outputs, from);
  const bool captured = is_captured(graph, from);
  const auto users = graph.value(from).users;
  for (size_t u = 0; u < users.size(); ++u) {
    const NodeId user = users[u];
    if (u > 0 && users[u - 1] == user) continue;  // it is there once for every use
    for (size_t i = 0; i < graph.node(user).inputs.size(); ++i) {
      if (graph.node(user).inputs[i] == from) set_input(graph, user, i, to);
    }
  }
  if (contains(graph.inputs, from)) return;
  if (captured && !has_public_name(graph, to)) {
    // The sub-graph names the value in bytes we do not read: the name moves, and so does the use.
    for (const NodeId user : users) {
      for (ValueId& value : graph.node(user).captured) {
        if (value != from) continue;
        drop_user(graph, from, user);
        add_user(graph, value = to, user);
      }
    }
    std::swap(graph.value(from).name, graph.value(to).name);
    if (is_output) std::replace(graph.outputs.begin(), graph.outputs.end(), from, to);
  } else if (is_output && !captured) {
    const ValueId named = hand_over_name(graph, from, to);
    std::replace(graph.outputs.begin(), graph.outputs.end(), from, named);
  }
}

void set_input(Graph& graph, NodeId node, size_t index, ValueId value) {
  auto& inputs = graph.node(node).inputs;
  if (index >= inputs.size()) inputs.resize(index + 1, kNoValue);
  drop_user(graph, inputs[index], node);
  inputs[index] = value;
  add_user(graph, value, node);
}

void remove_node(Graph& graph, NodeId id) {
  Node& node = graph.node(id);
  if (node.dead) return;
  for (const ValueId output : node.outputs) {
    if (output == kNoValue) continue;
    if (!graph.value(output).users.empty() || contains(graph.outputs, output)) {
      fail(Code::internal, "{} is removed while '{}' is in use", graph.label(node), graph.value(output).name);
    }
  }
  for (const ValueId input : node.inputs) drop_user(graph, input, id);
  for (const ValueId value : node.captured) drop_user(graph, value, id);
  for (const ValueId output : node.outputs) {
    if (output != kNoValue) graph.value(output).producer = kNoNode;
  }
  node.dead = true;
}

void compact(Graph& graph) {
  std::erase_if(graph.nodes, [](const Node& node) { return node.dead; });
  std::vector<bool> used(graph.values.size());
  const auto use = [&](const std::vector<ValueId>& ids) {
    for (const ValueId id : ids) {
      if (id != kNoValue) used[static_cast<size_t>(id)] = true;
    }
  };
  use(graph.inputs);
  use(graph.outputs);
  for (const Node& node : graph.nodes) {
    use(node.inputs);
    use(node.outputs);
    use(node.captured);
  }
  std::vector<ValueId> now(graph.values.size(), kNoValue);
  size_t kept = 0;
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    now[i] = static_cast<ValueId>(kept);
    if (kept != i) graph.values[kept] = std::move(graph.values[i]);
    ++kept;
  }
  graph.values.resize(kept);
  const auto renumber = [&](std::vector<ValueId>& ids) {
    for (ValueId& id : ids) {
      if (id != kNoValue) id = now[static_cast<size_t>(id)];
    }
  };
  renumber(graph.inputs);
  renumber(graph.outputs);
  for (Node& node : graph.nodes) {
    renumber(node.inputs);
    renumber(node.outputs);
    renumber(node.captured);
  }
  rebuild_links(graph);
}

void rebuild_links(Graph& graph) {
  for (Value& value : graph.values) {
    value.producer = kNoNode;
    value.users.clear();
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!graph.nodes[i].dead) link(graph, static_cast<NodeId>(i));
  }
}

void sort_topologically(Graph& graph) {
  rebuild_links(graph);
  const size_t count = graph.nodes.size();
  std::vector<size_t> waiting(count, 0);  // uses whose producer has not been placed yet
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  size_t live = 0;
  for (size_t i = 0; i < count; ++i) {
    const Node& node = graph.nodes[i];
    if (node.dead) continue;
    ++live;
    for (const auto* list : {&node.inputs, &node.captured}) {
      for (const ValueId id : *list) waiting[i] += id != kNoValue && graph.value(id).producer != kNoNode;
    }
    if (waiting[i] == 0) ready.push(i);
  }
  std::vector<Node> sorted;
  sorted.reserve(live);
  std::vector<size_t> order;
  while (!ready.empty()) {
    const size_t i = ready.top();
    ready.pop();
    order.push_back(i);
    for (const ValueId output : graph.nodes[i].outputs) {
      if (output == kNoValue) continue;
      for (const NodeId user : graph.value(output).users) {
        if (--waiting[static_cast<size_t>(user)] == 0) ready.push(static_cast<size_t>(user));
      }
    }
  }
  if (order.size() != live) {
    for (size_t i = 0; i < count; ++i) {
      if (!graph.nodes[i].dead && waiting[i] != 0)
        fail(Code::invalid, "{} is part of a cycle", graph.label(graph.nodes[i]));
    }
  }
  for (const size_t i : order) sorted.push_back(std::move(graph.nodes[i]));
  graph.nodes = std::move(sorted);  // tombstones go: their place in an order means nothing
  rebuild_links(graph);
}

std::string unique_name(const Graph& graph, std::string_view base) {
  const auto is_base = [&](const auto& named) { return named.name == base; };
  if (!base.empty() && std::none_of(graph.values.begin(), graph.values.end(), is_base) &&
      std::none_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& n) { return !n.dead && is_base(n); }))
    return std::string(base);  // the usual case needs no table
  std::unordered_set<std::string_view> taken;
  for (const Value& value : graph.values) taken.insert(value.name);
  for (const Node& node : graph.nodes) {
    if (!node.dead) taken.insert(node.name);
  }
  const std::string stem(base.empty() ? std::string_view("value") : base);
  for (size_t i = 1;; ++i) {
    std::string name = fmt::format("{}_{}", stem, i);
    if (!taken.contains(name)) return name;
  }
}

}  // namespace pare
