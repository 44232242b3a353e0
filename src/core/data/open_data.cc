// From "mnist:DIR" to three preprocessed parts.
#include <filesystem>

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
  for (const SourceDef* source : source_list())
    kinds.push_back({source->name, source->summary, source->options ? source->options() : std::vector<ParamInfo>{}});
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

// "DIR,size=128,crop=0.875": what follows the last commas in the form name=value are options, where the kind has any.
Param take_options(const SourceDef& def, std::string& argument) {
  Param options = Param::map();
  std::error_code unknown;
  while (true) {
    const size_t comma = argument.rfind(',');
    const size_t equals = comma == std::string::npos ? comma : argument.find('=', comma);
    if (equals == std::string::npos) break;
    if (!def.options) {
      if (std::filesystem::exists(argument, unknown)) break;  // it is part of a name
      fail(Code::invalid,
           "data {}:{}: {} has no option '{}', nor any other (recipes say `take`, `validation` and `seed` in a map: "
           "data: {{source: {}:{}, ...}}; commands have flags for them)",
           def.name, argument, def.name, argument.substr(comma + 1, equals - comma - 1), def.name,
           argument.substr(0, comma));
    }
    options.set(argument.substr(comma + 1, equals - comma - 1),
                Param::text(argument.substr(equals + 1), fmt::format("data {}:{}", def.name, argument)));
    argument.resize(comma);
  }
  return options;
}

// A model's own preprocessing wins over what is customary for the data, unless one is for images and the other is not.
Preprocessing choose_preprocessing(const Source& source, const DataOptions& options) {
  Preprocessing chosen = source.preprocessing;
  if (options.preprocessing && (options.preprocessing->order == kNoImages) == (chosen.order == kNoImages))
    chosen = *options.preprocessing;
  apply(options.preprocessing_override, chosen);
  if (chosen.order != kNoImages && !source.preprocessing.size.empty()) chosen.size = source.preprocessing.size;
  if (!source.preprocessing.classes.empty()) chosen.classes = source.preprocessing.classes;
  check(chosen);
  return chosen;
}

DatasetPtr prepare(DatasetPtr part, const Source& source, const Preprocessing& preprocessing) {
  if (!part) return part;
  const FieldSpec& input = part->spec().inputs[0];
  if (source.preprocessing.order == kNoImages)  // integers are indices of an embedding, or the like
    return input.dtype == DType::f32 ? standardize(std::move(part), preprocessing) : part;
  const std::vector<int64_t>& size = preprocessing.size;
  if (size.size() == 2 && (size[0] != input.shape[1] || size[1] != input.shape[2]))
    part = cache(resize(std::move(part), size[0], size[1]));
  return normalize(std::move(part), source.preprocessing.order, preprocessing);
}

// Holds validation samples out of `all`, unless the data comes with some, and leaves `take` of the others.
void divide(const DatasetPtr& all, bool by_class, const DataOptions& options, Data& data) {
  std::vector<int64_t> labels(by_class ? all->size() : 0);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = all->label(i);
  const int64_t wanted = data.validation ? 0 : options.validation;
  Split parts = split(all->size(), wanted, options.seed);
  if (by_class) parts = split_by_class(labels, parts.validation.size(), options.seed);
  const auto most = static_cast<size_t>(options.take);
  if (most > 0 && most < parts.train.size() && by_class) {
    for (size_t i = 0; i < parts.train.size(); ++i) labels[i] = labels[parts.train[i]];
    labels.resize(parts.train.size());
    std::vector<size_t> some = split_by_class(labels, most, options.seed).validation;
    for (size_t& i : some) i = parts.train[i];
    parts.train = std::move(some);
  } else if (most > 0 && most < parts.train.size()) {
    parts.train.resize(most);
  }
  data.train = take(all, std::move(parts.train));
  if (!parts.validation.empty()) data.validation = take(all, std::move(parts.validation));
}

}  // namespace

Data open_data(const std::string& spec, const DataOptions& options) {
  const size_t colon = spec.find(':');
  const SourceDef& def = find_source(spec.substr(0, colon));
  SourceRequest request;
  request.argument = colon == std::string::npos ? std::string() : spec.substr(colon + 1);
  request.options = take_options(def, request.argument);
  if (def.argument_needed && request.argument.empty())
    fail(Code::invalid, "data '{}': say where it lies, {}:{}", spec, def.name, def.argument);
  ensure(options.take >= 0, "take: {} training samples", options.take);
  request.input = options.input;
  request.order = options.preprocessing_override.order;
  request.size = options.preprocessing_override.size;
  if (const auto& of_model = options.preprocessing) {
    if (request.order.empty()) request.order = of_model->order;
    if (request.size.empty()) request.size = of_model->size;
    request.classes = of_model->classes;
  }
  const Source source = def.open(request);

  Data data;
  data.classes = source.classes;
  data.preprocessing = choose_preprocessing(source, options);
  data.validation = prepare(source.validation, source, data.preprocessing);
  divide(prepare(source.train, source, data.preprocessing), source.by_class, options, data);
  data.test = prepare(source.test, source, data.preprocessing);
  data.description =
      fmt::format("{}, {} train, {} validation, {} test", spec, with_commas(data.train->size()),
                  with_commas(data.validation ? data.validation->size() : 0), with_commas(data.test->size()));
  return data;
}

}  // namespace pare
