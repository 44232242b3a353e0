// Networks built by name. One file per family with rows at its end and a line in zoo_list.def.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph.h"
#include "core/params.h"

namespace pare {

struct Architecture {
  std::string_view name, summary;
  Graph (*build)(const Param& params, uint64_t seed);  // options as in options(); weights drawn from the seed
  std::vector<ParamInfo> (*options)();
  int64_t parameters;  // with default options, as published
};
std::span<const Architecture* const> architecture_list();
const Architecture* find_architecture(std::string_view name);  // nullptr when there is none
Graph build(std::string_view name, const Param& params = Param::map(),
            uint64_t seed = 0);  // Error(invalid) with the nearest name

}  // namespace pare
