// A criterion scores every element of a weight; pruners reduce scores to N:M groups, blocks or channels.
// One file per criterion with a row at its end and a line in criterion_list.def.
#pragma once

#include <span>
#include <string_view>

#include "train/engine.h"

namespace pare {

struct Criterion {
  std::string_view name, summary;
  Needs needs;
  // Higher: more important. Scores are finite and not negative.
  void (*score)(const WeightEvidence& evidence, uint64_t seed, std::span<float> scores);
};
std::span<const Criterion* const> criterion_list();
const Criterion& find_criterion(std::string_view name);

}  // namespace pare
