// From "mnist:DIR" to three preprocessed parts.

#include "core/data/source.h"
#include "core/data/split.h"
#include "core/data/wrappers.h"
#include "core/error.h"
#include "core/params.h"

namespace pare {

#define PARE_SOURCE(name) extern const SourceDef source_##name;
#include "core/data/source_list.def"
#undef PARE_SOURCE

std::span<const SourceDef* const> source_list() {
#define PARE_SOURCE(name) &source_##name,
  static constexpr const SourceDef* all[] = {
#include "core/data/source_list.def"
  };
#undef PARE_SOURCE
  return all;
}

std::vector<DataKind> data_kinds() {
  std::vector<DataKind> kinds;
  for (const SourceDef* source : source_list()) kinds.push_back({source->name, source->summary});
  return kinds;
}

namespace {

const SourceDef& find_source(const std::string& kind) {
  std::vector<std::string> names;
  for (const SourceDef* source : source_list()) {
    if (source->name == kind) return *source;
    names.emplace_back(source->name);
  }
  const std::string near = nearest(kind, names);
  if (!near.empty()) fail(Code::invalid, "unknown data '{}' (did you mean '{}'?)", kind, near);
  fail(Code::invalid, "unknown data '{}' (there are {})", kind, fmt::join(names, ", "));
}

std::string with_commas(size_t n) {
  std::string digits = std::to_string(n);
  for (std::ptrdiff_t at = std::ssize(digits) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

void apply(const PreprocessingOverride& said, Preprocessing& to) {
  if (said.scale) to.scale = *said.scale;
  if (!said.mean.empty()) to.mean = said.mean;
  if (!said.std.empty()) to.std = said.std;
  if (!said.order.empty()) to.order = said.order;
  if (!said.size.empty()) to.size = said.size;
}

}  // namespace

Data open_data(const std::string& spec, const DataOptions& options) {
  const size_t colon = spec.find(':');
  const SourceDef& def = find_source(spec.substr(0, colon));
  const std::string argument = colon == std::string::npos ? std::string() : spec.substr(colon + 1);
  if (def.argument_needed && argument.empty())
    fail(Code::invalid, "data '{}': say where it lies, {}:{}", spec, def.name, def.argument);
  ensure(options.take >= 0, "take: {} training samples", options.take);
  const Source source = def.open(argument);

  Data data;
  data.classes = source.classes;
  data.preprocessing = options.preprocessing.value_or(source.preprocessing);
  apply(options.preprocessing_override, data.preprocessing);
  check(data.preprocessing);
  if (data.preprocessing.classes.empty()) data.preprocessing.classes = source.preprocessing.classes;
  auto prepare = [&](DatasetPtr part) {
    const Shape& image = part->spec().inputs[0].shape;
    const std::vector<int64_t>& size = data.preprocessing.size;
    if (size.size() == 2 && (size[0] != image[1] || size[1] != image[2]))
      part = cache(resize(std::move(part), size[0], size[1]));
    return normalize(std::move(part), source.preprocessing.order, data.preprocessing);
  };
  const DatasetPtr train = prepare(source.train);
  Split parts = split(train->size(), options.validation, options.seed);
  if (options.take > 0 && static_cast<size_t>(options.take) < parts.train.size())
    parts.train.resize(static_cast<size_t>(options.take));
  data.train = take(train, std::move(parts.train));
  if (!parts.validation.empty()) data.validation = take(train, std::move(parts.validation));
  data.test = prepare(source.test);
  data.description =
      fmt::format("{}, {} train, {} validation, {} test", spec, with_commas(data.train->size()),
                  with_commas(data.validation ? data.validation->size() : 0), with_commas(data.test->size()));
  return data;
}

}  // namespace pare
