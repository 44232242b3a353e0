#include "core/blocks.h"

#include <algorithm>
#include <optional>
#include <set>

#include "core/edit.h"
#include "core/passes/pass.h"
#include "core/passes/rewrite.h"

namespace pare {
namespace {

// The shortcut itself, or what it is computed of by ops without weights that keep the shape.
std::vector<ValueId> ways_back(const Graph& graph, ValueId shortcut) {
  std::vector<ValueId> result = {shortcut};
  for (;;) {
    const NodeId producer = graph.value(result.back()).producer;
    if (producer == kNoNode) return result;
    const Node& node = graph.node(producer);
    switch (node.op) {
      case OpKind::identity:
      case OpKind::dropout:
      case OpKind::relu:
      case OpKind::leaky_relu:
      case OpKind::clip:
      case OpKind::gelu:
      case OpKind::sigmoid:
      case OpKind::tanh:
        result.push_back(node.inputs[0]);
        break;
      default:
        return result;
    }
  }
}

template <class F>
void for_inputs(const Node& node, F f) {
  for (const auto* list : {&node.inputs, &node.captured})
    for (const ValueId input : *list)
      if (input != kNoValue) f(input);
}

// Nodes between `root` and `branch`; nothing where there is no way, or where others read what is inside.
std::optional<std::vector<NodeId>> inside(const Graph& graph, ValueId branch, ValueId root, NodeId add) {
  const NodeId first = graph.value(root).producer;
  std::set<NodeId> needed;  // behind the root in order
  std::vector<ValueId> open = {branch};
  while (!open.empty()) {
    const NodeId producer = open.back() == root ? kNoNode : graph.value(open.back()).producer;
    open.pop_back();
    if (producer == kNoNode || producer <= first || !needed.insert(producer).second) continue;
    for_inputs(graph.node(producer), [&](ValueId input) { open.push_back(input); });
  }
  std::set<NodeId> nodes;  // those of them that need the root
  std::set<ValueId> made = {root};
  for (const NodeId id : needed) {
    bool needs_root = false;
    for_inputs(graph.node(id), [&](ValueId input) { needs_root |= made.contains(input); });
    if (!needs_root) continue;
    nodes.insert(id);
    made.insert(graph.node(id).outputs.begin(), graph.node(id).outputs.end());
  }
  if (!nodes.contains(graph.value(branch).producer)) return std::nullopt;
  for (const NodeId id : nodes) {
    for (const ValueId output : graph.node(id).outputs) {
      if (output == kNoValue) continue;
      if (is_graph_output(graph, output)) return std::nullopt;
      for (const NodeId user : graph.value(output).users)
        if (user != add && !nodes.contains(user)) return std::nullopt;
    }
  }
  return std::vector<NodeId>(nodes.begin(), nodes.end());
}

std::optional<ResidualBlock> block_at(const Graph& graph, NodeId id, const std::vector<Layer>& all) {
  const Node& add = graph.node(id);
  const auto& dims = graph.value(add.outputs[0]).dims;
  for (const size_t side : {size_t{0}, size_t{1}}) {
    const ValueId shortcut = add.inputs[side], branch = add.inputs[1 - side];
    if (shortcut == branch || !dims || graph.value(shortcut).dims != dims) continue;
    for (const ValueId root : ways_back(graph, shortcut)) {
      if (graph.value(root).producer == kNoNode) continue;
      const auto nodes = inside(graph, branch, root, id);
      if (!nodes) continue;
      ResidualBlock block{id, shortcut, branch, *nodes, {}};
      for (const Layer& layer : all)
        if (std::binary_search(nodes->begin(), nodes->end(), layer.node)) block.layers.push_back(layer);
      if (!block.layers.empty()) return block;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<ResidualBlock> residual_blocks(const Graph& graph) {
  const std::vector<Layer> all = layers(graph);
  std::vector<ResidualBlock> blocks;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (node.dead || (node.op != OpKind::add && node.op != OpKind::sum) || node.inputs.size() != 2) continue;
    if (auto block = block_at(graph, static_cast<NodeId>(n), all)) blocks.push_back(std::move(*block));
  }
  const std::vector<ResidualBlock> found = blocks;
  std::erase_if(blocks, [&](const ResidualBlock& outer) {
    return std::any_of(found.begin(), found.end(), [&](const ResidualBlock& inner) {
      return std::binary_search(outer.nodes.begin(), outer.nodes.end(), inner.add);
    });
  });
  return blocks;
}

void remove_block(Graph& graph, const ResidualBlock& block) {
  replace_uses(graph, graph.node(block.add).outputs[0], block.shortcut);
  for (const PassDef* pass : pass_list())
    if (pass->name == "remove_dead_code") pass->run(graph);
}

}  // namespace pare
