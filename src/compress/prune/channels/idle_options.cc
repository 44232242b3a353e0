#include "compress/prune/channels/idle_options.h"

#include <fmt/format.h>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/select.h"

namespace pare {

std::vector<std::string> idle_options(const PruneChannelsOptions& options) {
  const PruneChannelsOptions otherwise;
  const ChannelScoring &said = options.scoring, &usual = otherwise.scoring;
  const ChannelCriterion& criterion = find_channel_criterion(said.criterion);
  std::vector<std::string> list;
  const auto idle = [&](bool condition, std::string_view option, const std::string& why) {
    if (condition) list.push_back(fmt::format("{} does nothing here: {}", option, why));
  };
  const bool local = options.scope == "local";
  idle(local && options.most < 1, "most", "it limits scopes global and isomorphic, and scope is local");
  idle(local && said.normalization != usual.normalization, "normalization",
       "it makes groups comparable, and under scope local none is compared with another");
  idle(said.power != usual.power && said.criterion != "ln", "power",
       fmt::format("it belongs to criterion ln, and criterion is {}", said.criterion));
  const bool groups = criterion.score_all != nullptr;
  const std::string whole = fmt::format("criterion {} scores whole groups", criterion.name);
  idle(groups && said.members != usual.members, "members", whole);
  idle(groups && said.reduction != usual.reduction, "reduction", whole);
  idle(options.distillation().weight > 0 && options.train.epochs == 0, "distill",
       "nothing is trained without `epochs`");
  idle(!options.pseudo.is_null() && options.schedule != "pseudo", "pseudo",
       fmt::format("it belongs to schedule pseudo, and schedule is {}", options.schedule));
  return list;
}

bool reaches(int64_t round_to, const Channels& channels, const std::vector<bool>& chosen) {
  for (size_t g = 0; g < chosen.size(); ++g) {
    const ChannelGroup& group = channels.groups()[g];
    const size_t wide = group.channels.size() * width_of(channels, group);
    if (chosen[g] && wide >= static_cast<size_t>(round_to)) return true;
  }
  return false;
}

}  // namespace pare
