// Any text given to the reader of tables ends in rows of one width, or in an Error.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/data/csv_file.h"
#include "core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* label : {"last", "first", "label", "2"}) {
    for (const char* header : {"auto", "yes", "no"}) {
      try {
        const pare::CsvTable table = pare::parse_csv(text, "fuzz.csv", {.label = label, .header = header});
        if (table.labels.empty() || table.values.size() != table.labels.size() * table.columns) __builtin_trap();
        for (const float v : table.values)
          if (!std::isfinite(v)) __builtin_trap();
      } catch (const pare::Error&) {
      }
    }
  }
  return 0;
}
