// Options of `prune_channels` that are said and change nothing: worth a warning, since who says them expects something.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compress/prune/channels/options.h"
#include "core/channels/channels.h"

namespace pare {

// One sentence for each.
std::vector<std::string> idle_options(const PruneChannelsOptions& options);
// Has any of the chosen groups as many channels as the multiple that is to stay?
bool reaches(int64_t round_to, const Channels& channels, const std::vector<bool>& chosen);

}  // namespace pare
