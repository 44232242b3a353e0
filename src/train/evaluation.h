// What an evaluation says, by name and as text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "train/engine.h"

namespace pare {

struct FigureDef {
  std::string_view name, summary;
  bool larger_is_better;
  bool (*applies)(const Evaluation& e);  // whether this kind of evaluation has it
  double (*value)(const Evaluation& e);
};
std::span<const FigureDef> figure_list();

// "top-1 97.20 %", "pixel accuracy 91.02 %, mean IoU 64.10 %", "mean squared error 0.0123".
std::string figures_text(const Evaluation& e);

}  // namespace pare
