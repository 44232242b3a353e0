// How scalars of a Param are read and quoted in messages. Private to the params_*.cc files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/params.h"

namespace pare {

std::optional<bool> parse_bool(std::string_view text);
std::optional<int64_t> parse_integer(std::string_view text);
std::optional<double> parse_real(std::string_view text);  // finite ones only
std::string quote_param(const Param& param);              // "'abc'", "a list"
std::string place_of(const Param& param);                 // "recipe.yaml:7: " or ""
std::string range_text(Limits limits);                    // "in 0 to 1", "1 or more"

}  // namespace pare
