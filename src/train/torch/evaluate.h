// Measuring a network on data.
#pragma once

#include "train/engine.h"
#include "train/torch/module.h"

namespace pare::engine {

// `module` returns logits (logits_of) and then the output itself. The processes of mode.part.group share the batches,
// and all get the same figures; with options.on_logits, which sees every batch in order, each does all of them.
Evaluation evaluate(const Module& module, const DatasetPtr& data, int64_t batch, const EvaluateOptions& options,
                    const Mode& mode, Progress& progress);
// The values `evaluate` wants of a graph.
std::vector<ValueId> evaluated_values(const Graph& graph);

}  // namespace pare::engine
