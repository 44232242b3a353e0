// What every step of a run gets, whatever it does: is it cancelled, was it done before, time, run, verify, measure,
// checkpoint, an entry for the report.
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "compress/checkpoint.h"
#include "compress/recipe.h"
#include "core/data/dataset.h"
#include "core/pack/pack.h"
#include "core/progress.h"

namespace pare {

// A network between two steps.
struct Point {
  std::string key;    // of the steps that led here; also the checkpoint's name
  uint64_t hash = 0;  // of the network
  Graph graph;
  PackOptions packing;
  nlohmann::ordered_json entry = nlohmann::ordered_json::object();  // of the step, for the report
};
uint64_t hash_of_bytes(std::span<const std::byte> bytes);

struct StepFrame {
  const Recipe& recipe;
  uint64_t seed;
  const Data* data;  // may be null
  std::function<Engine&()> engine;
  const OutputFolder* output;  // null: nothing is kept on disk, or not by this process
  Engine* together;            // of several processes that make this run; null: there is one
  Progress& progress;

  // Names the result of a step by everything that led to it.
  std::string key_after(const Point& from, const RecipeStep& step, size_t index) const;
  Point run(const Point& from, const RecipeStep& step, size_t index) const;

 private:
  std::vector<std::byte> run_fresh(const Point& from, Point& to, const RecipeStep& step, size_t index,
                                   FitStore& store) const;
  void evaluate_validation(const Point& from, Point& to) const;
};

}  // namespace pare
