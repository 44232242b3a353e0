// From the layers that make channels to where their readers find them.
#include <algorithm>
#include <set>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/functions.h"
#include "compress/prune/channels/slices.h"

namespace pare {
namespace {

bool joins_elements(OpKind op) {
  return op == OpKind::add || op == OpKind::sub || op == OpKind::mul || op == OpKind::div || op == OpKind::sum;
}

// The first value behind `from` that all its readers see it through: SiLU is a Sigmoid and a Mul, and what comes after
// `from` is the product. kNoValue where there is none.
ValueId behind(const Graph& graph, ValueId from) {
  std::set<ValueId> inside;  // what is made of `from` and constants alone
  std::set<NodeId> open;     // readers not yet looked at; ids are in topological order
  const auto enter = [&](ValueId value) {
    inside.insert(value);
    const auto& users = graph.value(value).users;
    open.insert(users.begin(), users.end());
    return std::find(graph.outputs.begin(), graph.outputs.end(), value) == graph.outputs.end();
  };
  if (!enter(from)) return kNoValue;
  while (!open.empty()) {
    const Node& node = graph.node(*open.begin());
    open.erase(open.begin());
    const bool joins = joins_elements(node.op);
    if (!joins && !is_function(node.op)) return kNoValue;
    const bool alone = std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
      return input == kNoValue || graph.value(input).is_constant() || inside.contains(input);
    });
    // A sum with another activation is what all readers see only when nobody reads this one by itself.
    if (!alone && (!joins || !open.empty())) return kNoValue;
    for (size_t i = 1; i < node.outputs.size(); ++i)
      if (node.outputs[i] != kNoValue && !graph.value(node.outputs[i]).users.empty()) return kNoValue;
    if (open.empty()) return node.outputs[0];
    if (!enter(node.outputs[0])) return kNoValue;
  }
  return kNoValue;
}

}  // namespace

std::vector<ActivationPlace> activations_of(const Graph& graph, const Channels& channels, const ChannelGroup& group) {
  std::set<NodeId> makers;
  for (const ChannelMember& member : members_of(graph, channels, group))
    if (member.role == ChannelRole::makes) makers.insert(member.node);
  std::vector<ActivationPlace> places;
  for (const NodeId maker : makers) {
    for (const ValueId output : graph.node(maker).outputs) {
      if (output == kNoValue) continue;
      std::optional<uint32_t> axis = axis_of(graph, channels, group, output);
      if (!axis) continue;
      ActivationPlace place{output, *axis};
      for (;;) {
        const ValueId next = behind(graph, place.value);
        if (next == kNoValue || !(axis = axis_of(graph, channels, group, next))) break;
        place = {next, *axis};
      }
      if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
      break;
    }
  }
  return places;
}

}  // namespace pare
