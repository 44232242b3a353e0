#include "cli/training_mark.h"

#include <fmt/format.h>

#include "core/json_text.h"
#include "core/model_file.h"
#include "core/random.h"

namespace pare::cli {

uint64_t training_mark(const std::string& model, const nlohmann::ordered_json& options, const Data& data,
                       int64_t seed) {
  const auto bytes = read_file(model);
  Metadata preprocessing;
  to_metadata(data.preprocessing, preprocessing);
  std::string input = data.description;
  for (const auto& [key, value] : preprocessing) input += fmt::format("\n{}={}", key, value);
  return mix({hash_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()}), hash_of(json_text(options)),
              hash_of(input), static_cast<uint64_t>(seed)});
}

}  // namespace pare::cli
