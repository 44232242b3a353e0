// What the checkpoint of a training command belongs to.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "core/data/dataset.h"
#include "core/params.h"

namespace pare::cli {

// Of the model's bytes, the options, the data and its preprocessing, and the seed: where one differs, the marks differ.
uint64_t training_mark(const std::string& model, const nlohmann::ordered_json& options, const Data& data, int64_t seed);

template <class Options>
uint64_t training_mark(const std::string& model, const Options& options, const Data& data, int64_t seed) {
  return training_mark(model, params_to_json(options), data, seed);
}

}  // namespace pare::cli
