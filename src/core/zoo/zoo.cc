#include "core/zoo/zoo.h"

#include "core/error.h"

namespace pare {

#define PARE_ARCHITECTURE(name) extern const Architecture zoo_##name;
#include "core/zoo/zoo_list.def"
#undef PARE_ARCHITECTURE

std::span<const Architecture* const> architecture_list() {
#define PARE_ARCHITECTURE(name) &zoo_##name,
  static constexpr const Architecture* all[] = {
#include "core/zoo/zoo_list.def"
  };
#undef PARE_ARCHITECTURE
  return all;
}

const Architecture* find_architecture(std::string_view name) {
  for (const Architecture* architecture : architecture_list())
    if (architecture->name == name) return architecture;
  return nullptr;
}

Graph build(std::string_view name, const Param& params, uint64_t seed) {
  if (const Architecture* architecture = find_architecture(name))
    return within(std::string(name), [&] { return architecture->build(params, seed); });
  std::vector<std::string> names;
  for (const Architecture* architecture : architecture_list()) names.emplace_back(architecture->name);
  const std::string near = nearest(name, names);
  if (!near.empty()) fail(Code::invalid, "unknown architecture '{}' (did you mean '{}'?)", name, near);
  fail(Code::invalid, "unknown architecture '{}' (there are {})", name, fmt::join(names, ", "));
}

}  // namespace pare
