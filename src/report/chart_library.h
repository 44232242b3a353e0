// The source of Chart.js (MIT), taken into the program when it was there at build time (Debian: libjs-chart.js).
#pragma once

#include <string_view>

namespace pare {

std::string_view chart_library();  // "" when the program was built without it

}  // namespace pare
