#include <array>

#include "compress/prune/channels/criterion.h"
#include "core/error.h"

namespace pare {

#define PARE_CHANNEL_CRITERION(name) extern const ChannelCriterion channel_criterion_##name;
#include "compress/prune/channels/criterion_list.def"
#undef PARE_CHANNEL_CRITERION

std::span<const ChannelCriterion* const> channel_criterion_list() {
  static constexpr std::array all{
#define PARE_CHANNEL_CRITERION(name) &channel_criterion_##name,
#include "compress/prune/channels/criterion_list.def"
#undef PARE_CHANNEL_CRITERION
  };
  return all;
}

const ChannelCriterion& find_channel_criterion(std::string_view name) {
  std::vector<std::string> names;
  for (const ChannelCriterion* criterion : channel_criterion_list()) {
    if (criterion->name == name) return *criterion;
    names.emplace_back(criterion->name);
  }
  const std::string near = nearest(name, names);
  fail(Code::invalid, "unknown criterion '{}'{}", name,
       near.empty() ? "; `pare list channel_criteria` shows all" : fmt::format(" (did you mean '{}'?)", near));
}

}  // namespace pare
