// An analysis (structure.h, sensitivity.h) for people and for spreadsheets.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace pare {

// Aligned tables; what is the same for every row is left out.
std::string analysis_to_text(const nlohmann::ordered_json& analysis);
// One number per line: table, name, quantity, at (the share removed, the bits or the index of a channel,
// else empty), value.
std::string analysis_to_csv(const nlohmann::ordered_json& analysis);

}  // namespace pare
