// How an input that lists the dimensions of output 0 (of Reshape, Expand, ConstantOfShape, Resize) can be said anew
// when channels went. Rules that tie ask before, ChannelCut::set_shape afterwards.
#pragma once

#include <cstdint>
#include <vector>

#include "core/graph.h"

namespace pare {

enum class ShapeEntry : uint8_t {
  number,    // the dimension is known
  copied,    // the input has the same one: Reshape says 0, Expand 1
  open,      // what is left: -1 of Reshape
  computed,  // taken from the list as it is: the dimension must not change
};
// One per dimension of output 0, whose dims are known up to symbols.
std::vector<ShapeEntry> shape_entries(const Graph& graph, const Node& node, size_t index);

}  // namespace pare
