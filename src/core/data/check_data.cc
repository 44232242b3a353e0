#include <fmt/ranges.h>

#include "core/data/dataset.h"
#include "core/error.h"
#include "core/graph.h"

namespace pare {
namespace {

std::string text_of(const Shape& shape) { return fmt::format("{}", fmt::join(shape, "x")); }

// The sizes of one sample: without the batch. Nothing when one of them is symbolic or the rank is unknown.
std::optional<Shape> sample_shape(const Value& value) {
  if (!value.dims || value.dims->empty()) return {};
  Shape shape;
  for (size_t i = 1; i < value.dims->size(); ++i) {
    if (!(*value.dims)[i].known()) return {};
    shape.push_back((*value.dims)[i].factor);
  }
  return shape;
}

}  // namespace

void check_data(const Graph& graph, const Data& data) {
  const SampleSpec& spec = data.train->spec();
  ensure(graph.inputs.size() == spec.inputs.size(), "{}: the model has {} inputs, the data ({}) {}", graph.source,
         graph.inputs.size(), data.description, spec.inputs.size());
  for (size_t i = 0; i < spec.inputs.size(); ++i) {
    const Value& input = graph.value(graph.inputs[i]);
    const std::optional<Shape> wanted = sample_shape(input);
    ensure(!wanted || *wanted == spec.inputs[i].shape, "{}: input '{}' takes {}, the data ({}) has {}", graph.source,
           input.name, text_of(*wanted), data.description, text_of(spec.inputs[i].shape));
  }
  if (data.classes == 0 || graph.outputs.empty()) return;
  const Value& output = graph.value(graph.outputs[0]);
  const std::optional<Shape> scores = sample_shape(output);
  ensure(!scores || scores->size() != 1 || scores->front() == data.classes,
         "{}: output '{}' has {} classes, the data ({}) {}", graph.source, output.name, scores->front(),
         data.description, data.classes);
}

}  // namespace pare
