// Random: what any other criterion has to beat.
#include "core/random.h"

#include "compress/prune/channels/criterion.h"

namespace pare {

extern const ChannelCriterion channel_criterion_random;
const ChannelCriterion channel_criterion_random{
    .name = "random", .summary = "chance, by the seed", .score_all = [](const ChannelContext& context) {
      std::vector<std::vector<float>> scores;
      for (const ChannelGroup& group : context.channels.groups()) {
        Random random{context.seed, hash_of("channels"), hash_of(group.name)};
        scores.emplace_back(group.channels.size());
        for (float& score : scores.back()) score = static_cast<float>(random.uniform());
      }
      return scores;
    }};

}  // namespace pare
