#include "core/data/dataset.h"
#include "core/graph.h"

namespace pare {

void fit_to_model(const Graph& graph, DataOptions& options) {
  options.preprocessing = from_metadata(graph.origin.metadata);
  options.input.reset();
  if (graph.inputs.size() != 1) return;
  const Value& input = graph.value(graph.inputs[0]);
  if (!input.dims || input.dims->empty()) return;
  options.input = FieldSpec{input.dtype, {}};
  for (size_t i = 1; i < input.dims->size(); ++i)
    options.input->shape.push_back((*input.dims)[i].known() ? (*input.dims)[i].factor : -1);
}

DataOptions follow_model(const Graph& graph, DataOptions options) {
  PreprocessingOverride& said = options.preprocessing_override;
  fit_to_model(graph, options);
  if (options.preprocessing) options.preprocessing->classes.clear();
  if (!options.input || options.input->shape.size() != 3) return options;
  const Shape& image = options.input->shape;  // channels, height, width
  if (image[1] > 0 && image[2] > 0) said.size = {image[1], image[2]};
  if (!options.preprocessing && said.order.empty()) said.order = image[0] == 1 ? "L" : image[0] == 3 ? "RGB" : "";
  return options;
}

}  // namespace pare
