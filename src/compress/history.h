// Curves and evaluations as JSON, and back for a resumed run.
#pragma once

#include <nlohmann/json.hpp>

#include "train/engine.h"

namespace pare {

nlohmann::ordered_json to_json(const Evaluation& evaluation);
nlohmann::ordered_json to_json(const EpochRecord& record);
nlohmann::ordered_json to_json(const std::vector<EpochRecord>& history);
Evaluation evaluation_from_json(const nlohmann::ordered_json& json);
std::vector<EpochRecord> history_from_json(const nlohmann::ordered_json& json);

}  // namespace pare
