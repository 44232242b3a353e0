// How an input that lists the dimensions of output 0 (of Reshape, Expand, ConstantOfShape, Resize) can be said anew
// when channels went. Rules that tie ask before, ChannelCut::set_shape afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/graph.h"

namespace pare {

enum class ShapeEntry : uint8_t {
  number,    // the dimension is known
  copied,    // the input has the same one: Reshape says 0, Expand 1
  open,      // what is left: -1 of Reshape
  computed,  // taken from the list as it is: the dimension must not change
};
// Can the list be said at all, whatever goes? Not where the rank is unknown, and not where a dimension is 0, which
// Reshape would copy.
bool can_say_shape(const Graph& graph, const Node& node, size_t index);
// How many of output 0's dimensions come before those of the list: Expand may give fewer. Nothing where that is
// unknown.
std::optional<size_t> dims_before_list(const Graph& graph, const Node& node, size_t index);
// One per dimension of output 0, whose dims are known up to symbols.
std::vector<ShapeEntry> shape_entries(const Graph& graph, const Node& node, size_t index);

}  // namespace pare
