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
  void (*score)(const WeightEvidence& evidence, std::span<float> scores);  // higher: more important
};
std::span<const Criterion* const> criterion_list();
const Criterion& find_criterion(std::string_view name);

}  // namespace pare
