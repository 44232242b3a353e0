#include <fmt/ranges.h>

#include <algorithm>

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
  if (graph.outputs.empty()) return;
  const Value& output = graph.value(graph.outputs[0]);
  const std::optional<Shape> given = sample_shape(output);
  if (!given) return;
  const Shape& target = spec.target.shape;
  if (spec.target.dtype != DType::i64) {
    ensure(*given == target, "{}: output '{}' gives {}, the targets of the data ({}) are {}", graph.source, output.name,
           text_of(*given), data.description, text_of(target));
    return;
  }
  if (data.classes == 0) return;
  if (!target.empty()) {  // a map of classes
    ensure(given->size() == target.size() + 1 && std::equal(target.begin(), target.end(), given->begin() + 1),
           "{}: output '{}' gives {}, the data ({}) wants scores of {} classes at {} places", graph.source, output.name,
           text_of(*given), data.description, data.classes, text_of(target));
    ensure(given->front() >= data.classes, "{}: output '{}' has {} classes, the data ({}) {}", graph.source,
           output.name, given->front(), data.description, data.classes);
    return;
  }
  ensure(given->size() != 1 || given->front() == data.classes, "{}: output '{}' has {} classes, the data ({}) {}",
         graph.source, output.name, given->front(), data.description, data.classes);
}

}  // namespace pare
