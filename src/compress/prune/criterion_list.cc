#include <array>

#include "compress/prune/criterion.h"
#include "core/error.h"

namespace pare {

#define PARE_CRITERION(name) extern const Criterion criterion_##name;
#include "compress/prune/criterion_list.def"
#undef PARE_CRITERION

std::span<const Criterion* const> criterion_list() {
  static constexpr std::array all{
#define PARE_CRITERION(name) &criterion_##name,
#include "compress/prune/criterion_list.def"
#undef PARE_CRITERION
  };
  return all;
}

const Criterion& find_criterion(std::string_view name) {
  std::vector<std::string> names;
  for (const Criterion* criterion : criterion_list()) {
    if (criterion->name == name) return *criterion;
    names.emplace_back(criterion->name);
  }
  const std::string near = nearest(name, names);
  fail(Code::invalid, "unknown criterion '{}'{}", name,
       near.empty() ? "; `pare list criteria` shows all" : fmt::format(" (did you mean '{}'?)", near));
}

}  // namespace pare
