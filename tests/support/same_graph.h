// Two graphs that say the same, whatever their ids.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/graph.h"

namespace pare::testing {

inline std::vector<std::string> names_of(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<std::string> names;
  for (const ValueId id : ids) names.push_back(id == kNoValue ? "" : graph.value(id).name);
  return names;
}

inline std::vector<const Node*> live_nodes(const Graph& graph) {
  std::vector<const Node*> nodes;
  for (const Node& node : graph.nodes) {
    if (!node.dead) nodes.push_back(&node);
  }
  std::sort(nodes.begin(), nodes.end(), [](const Node* a, const Node* b) { return a->name < b->name; });
  return nodes;
}

inline std::map<std::string, const Value*> constants_of(const Graph& graph) {
  std::map<std::string, const Value*> constants;
  for (const Value& value : graph.values) {
    if (value.constant) constants[value.name] = &value;
  }
  return constants;
}

inline void expect_same_graph(const Graph& a, const Graph& b) {
  EXPECT_EQ(names_of(a, a.inputs), names_of(b, b.inputs));
  EXPECT_EQ(names_of(a, a.outputs), names_of(b, b.outputs));
  const auto left = live_nodes(a), right = live_nodes(b);
  ASSERT_EQ(left.size(), right.size());
  for (size_t i = 0; i < left.size(); ++i) {
    const Node &x = *left[i], &y = *right[i];
    SCOPED_TRACE(x.name);
    EXPECT_EQ(x.name, y.name);
    EXPECT_EQ(x.op, y.op);
    EXPECT_EQ(x.type, y.type);
    EXPECT_EQ(x.domain, y.domain);
    EXPECT_EQ(x.doc, y.doc);
    EXPECT_TRUE(x.attributes == y.attributes);
    EXPECT_EQ(names_of(a, x.inputs), names_of(b, y.inputs));
    EXPECT_EQ(names_of(a, x.outputs), names_of(b, y.outputs));
    EXPECT_EQ(names_of(a, x.captured), names_of(b, y.captured));
  }
  const auto ours = constants_of(a), theirs = constants_of(b);
  ASSERT_EQ(ours.size(), theirs.size());
  for (const auto& [name, value] : ours) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(theirs.contains(name));
    EXPECT_TRUE(*value->constant == *theirs.at(name)->constant);
    EXPECT_EQ(value->source_dtype, theirs.at(name)->source_dtype);
  }
  EXPECT_EQ(a.origin.opsets, b.origin.opsets);
  EXPECT_EQ(a.origin.metadata, b.origin.metadata);
  EXPECT_EQ(a.origin.producer_name, b.origin.producer_name);
  EXPECT_EQ(a.origin.doc, b.origin.doc);
}

}  // namespace pare::testing
