// Where a group's channels lie in constants, and what they are there.
#include <algorithm>

#include "compress/prune/channels/criterion.h"

namespace pare {
namespace {

bool is_layer(OpKind op) {
  return op == OpKind::conv || op == OpKind::conv_transpose || op == OpKind::gemm || op == OpKind::matmul;
}

ChannelRole role_in_conv_transpose(const Node& node, size_t input, uint32_t axis, ChannelPart part) {
  if (input == 2) return ChannelRole::bias;
  if (axis == 1) return ChannelRole::makes;
  // With groups, axis 0 is (group, input of the group): a whole group goes with its outputs.
  const bool whole_groups = node.attributes.integer("group", 1) > 1 && part != ChannelPart::within;
  return whole_groups ? ChannelRole::makes : ChannelRole::reads;
}

ChannelRole role_in_product(const Node& node, size_t input, uint32_t axis, size_t rank) {
  if (input == 2) return ChannelRole::bias;
  const bool turned = node.op == OpKind::gemm && node.attributes.integer(input == 0 ? "transA" : "transB", 0) != 0;
  if (axis + 2 < rank) return ChannelRole::other;  // one matrix for each: heads
  const bool last = axis + 1 == rank;
  if (input == 0) return (rank > 1 && last == turned) ? ChannelRole::makes : ChannelRole::reads;
  return (rank > 1 && last != turned) ? ChannelRole::makes : ChannelRole::reads;
}

ChannelRole role_in_recurrent(size_t input, uint32_t axis) {
  if (input == 3) return ChannelRole::bias;
  if (input != 1 && input != 2) return ChannelRole::other;
  return axis == 1 ? ChannelRole::makes : ChannelRole::reads;
}

// Of a constant that is added: the bias of a layer that has none of its own, or the last piece of a norm.
ChannelRole role_of_addend(const Graph& graph, const Node& add, size_t input) {
  const ValueId other = add.inputs[1 - input];
  const NodeId producer = other == kNoValue ? kNoNode : graph.value(other).producer;
  if (producer == kNoNode) return ChannelRole::other;
  const OpKind op = graph.node(producer).op;
  if (is_layer(op)) return ChannelRole::bias;
  return op == OpKind::mul ? ChannelRole::shift : ChannelRole::other;
}

ChannelRole role_of(const Graph& graph, const Node& node, size_t input, uint32_t axis, size_t rank, ChannelPart part) {
  switch (node.op) {
    case OpKind::conv:
      if (input == 2) return ChannelRole::bias;
      return axis == 0 ? ChannelRole::makes : ChannelRole::reads;
    case OpKind::conv_transpose:
      return role_in_conv_transpose(node, input, axis, part);
    case OpKind::gemm:
    case OpKind::matmul:
      return role_in_product(node, input, axis, rank);
    case OpKind::rnn:
    case OpKind::lstm:
    case OpKind::gru:
      return role_in_recurrent(input, axis);
    case OpKind::batch_normalization:
    case OpKind::instance_normalization:
    case OpKind::layer_normalization:
    case OpKind::group_normalization:
      return input == 1 ? ChannelRole::scale : input == 2 ? ChannelRole::shift : ChannelRole::other;
    case OpKind::mul:
      return ChannelRole::scale;
    case OpKind::add:
      return role_of_addend(graph, node, input);
    default:
      return ChannelRole::other;
  }
}

}  // namespace

std::vector<ChannelMember> members_of(const Graph& graph, const Channels& channels, const ChannelGroup& group) {
  std::vector<ChannelMember> members;
  if (group.channels.empty()) return members;
  // All channels of a group lie in the same axes.
  for (const ChannelPlace& place : channels.places(group.channels.front())) {
    if (!members.empty() && members.back().value == place.value && members.back().axis == place.axis) continue;
    const Value& value = graph.value(place.value);
    if (!value.constant || value.constant->dtype() != DType::f32) continue;
    ChannelMember member{place.value, place.axis, ChannelRole::other, kNoNode};
    for (const NodeId user : value.users) {
      const Node& node = graph.node(user);
      const auto input =
          static_cast<size_t>(std::find(node.inputs.begin(), node.inputs.end(), place.value) - node.inputs.begin());
      if (input == node.inputs.size()) continue;  // captured
      const ChannelRole role = role_of(graph, node, input, place.axis, value.constant->rank(), group.part);
      if (member.node == kNoNode || (member.role == ChannelRole::other && role != ChannelRole::other)) {
        member.role = role;
        member.node = user;
      }
    }
    members.push_back(member);
  }
  return members;
}

}  // namespace pare
