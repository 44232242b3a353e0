// What a per-layer option says about one layer.
#pragma once

#include "core/graph.h"
#include "core/params.h"

namespace pare {

template <class T>
T value_for(const PerLayer<T>& option, const std::vector<Layer>& all, size_t index) {
  for (const auto& [pattern, value] : option.rules) {
    if (layer_matches(pattern, all, index)) return value;
  }
  return option.otherwise;
}

}  // namespace pare
