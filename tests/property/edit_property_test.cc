// Edits in any order leave links that a rebuild would give.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/edit.h"
#include "tests/support/random_graph.h"

namespace pare {
namespace {

using namespace pare::testing;

bool same_links(const Graph& a, const Graph& b) {
  for (size_t i = 0; i < a.values.size(); ++i) {
    if (a.values[i].producer != b.values[i].producer || a.values[i].users != b.values[i].users) return false;
  }
  return a.values.size() == b.values.size();
}

// Values that a node at `position` may read: inputs, constants, and what earlier nodes make.
std::vector<ValueId> readable(const Graph& g, size_t position) {
  std::vector<ValueId> ids = g.inputs;
  for (size_t i = 0; i < g.values.size(); ++i) {
    const Value& v = g.values[i];
    if (v.constant || (v.producer != kNoNode && static_cast<size_t>(v.producer) < position))
      ids.push_back(static_cast<ValueId>(i));
  }
  return ids;
}

void random_edit(Graph& g, Random& random) {
  const size_t at = random.below(g.nodes.size());
  const NodeId id = static_cast<NodeId>(at);
  const auto from = readable(g, at);
  const ValueId source = from[random.below(from.size())];
  switch (random.below(6)) {
    case 0:
      if (!g.node(id).dead && !g.node(id).inputs.empty())
        set_input(g, id, random.below(g.node(id).inputs.size()), source);
      break;
    case 1:
      append(g, OpKind::identity, "added", {source});
      break;
    case 2: {
      Node node;
      node.op = OpKind::identity;
      node.name = unique_name(g, "inserted");
      node.type = "Identity";
      node.inputs = {source};
      node.outputs = {add_value(g, node.name, g.value(source).dtype, g.value(source).dims)};
      insert_node(g, id, std::move(node));
      break;
    }
    case 3: {  // what a node makes is replaced by something made before it
      if (g.node(id).dead || g.node(id).outputs.empty()) break;
      const ValueId y = g.node(id).outputs[0];
      replace_uses(g, y, source);
      RC_ASSERT(g.value(y).users.empty());
      remove_node(g, id);
      break;
    }
    case 4:
      compact(g);
      break;
    case 5:
      sort_topologically(g);
      break;
  }
}

TEST(EditProperty, LinksAreThoseOfARebuild) {
  EXPECT_TRUE(rc::check("links after random edits", [] {
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    Random random(seed);
    Graph g = random_graph(seed, {.steps = *rc::gen::inRange(0, 10)});
    const size_t outputs = g.outputs.size();
    std::vector<std::string> names;
    for (const ValueId id : g.outputs) names.push_back(g.value(id).name);
    for (int i = *rc::gen::inRange(1, 30); i > 0; --i) {
      random_edit(g, random);
      Graph rebuilt = g;
      rebuild_links(rebuilt);
      RC_ASSERT(same_links(g, rebuilt));
      if (g.nodes.empty()) break;
    }
    RC_ASSERT(g.outputs.size() == outputs);
    for (size_t i = 0; i < outputs; ++i) RC_ASSERT(g.value(g.outputs[i]).name == names[i]);
  }));
}

}  // namespace
}  // namespace pare
