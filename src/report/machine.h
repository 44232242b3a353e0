// The machine a report was made on.
#pragma once

#include <nlohmann/json.hpp>

namespace pare {

nlohmann::ordered_json describe_machine();  // {"cpu": "...", "cores": 2}

}  // namespace pare
