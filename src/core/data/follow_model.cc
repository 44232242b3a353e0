#include "core/data/dataset.h"
#include "core/graph.h"

namespace pare {

DataOptions follow_model(const Graph& graph, DataOptions options) {
  PreprocessingOverride& said = options.preprocessing_override;
  options.preprocessing = from_metadata(graph.origin.metadata);
  if (options.preprocessing) options.preprocessing->classes.clear();
  const auto& dims = graph.inputs.size() == 1 ? graph.value(graph.inputs[0]).dims : std::nullopt;
  if (!dims || dims->size() != 4) return options;
  const Dim channels = (*dims)[1], height = (*dims)[2], width = (*dims)[3];
  if (height.known() && width.known()) said.size = {height.factor, width.factor};
  if (!options.preprocessing && said.order.empty() && channels.known())
    said.order = channels.factor == 1 ? "L" : channels.factor == 3 ? "RGB" : "";
  return options;
}

}  // namespace pare
