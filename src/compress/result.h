// What a finished run says: which row is best, whether the goal was reached, where the files lie.
#pragma once

#include <optional>
#include <string>

#include "compress/checkpoint.h"
#include "compress/runner.h"

namespace pare {

// "row-02-prune_weights.sparsity-0.5/" for a row of a sweep, "" for a recipe without one.
std::string row_folder(size_t row, const std::string& name);

// Fills ratio, drop and goal_reached of every row, and picks the best: the smallest that keeps the budget; when none
// does, or there is no budget, the most accurate.
void judge(RunResult& result, std::optional<double> max_drop);

// The result of a run that ended earlier, read from its folder.
RunResult finished_run(const OutputFolder& folder);

}  // namespace pare
