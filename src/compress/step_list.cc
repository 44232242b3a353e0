#include <array>

#include "compress/step.h"
#include "core/error.h"

namespace pare {

#define PARE_STEP(name) extern const StepDef step_##name;
#include "compress/step_list.def"
#undef PARE_STEP

std::span<const StepDef* const> step_list() {
  static constexpr std::array all{
#define PARE_STEP(name) &step_##name,
#include "compress/step_list.def"
#undef PARE_STEP
  };
  return all;
}

const StepDef& find_step(std::string_view name, const std::string& where) {
  std::vector<std::string> names;
  for (const StepDef* step : step_list()) {
    if (step->name == name) return *step;
    names.emplace_back(step->name);
  }
  const std::string near = nearest(name, names);
  fail(Code::invalid, "{}{}unknown step '{}'{}", where, where.empty() ? "" : ": ", name,
       near.empty() ? "; `pare list steps` shows all" : fmt::format(" (did you mean '{}'?)", near));
}

}  // namespace pare
