#include <algorithm>

#include "core/classifier.h"
#include "core/edit.h"
#include "core/error.h"

namespace pare {

void resize_input(Graph& graph, int64_t height, int64_t width) {
  ensure(
      graph.inputs.size() == 1 && graph.value(graph.inputs[0]).dims && graph.value(graph.inputs[0]).dims->size() == 4,
      "the size of the input can be set for one image (N, C, H, W) only");
  Value& input = graph.value(graph.inputs[0]);
  (*input.dims)[2] = height;
  (*input.dims)[3] = width;
  const Dim batch = input.dims->front();
  const auto batch_of = [&](ValueId id) {
    const auto& dims = graph.value(id).dims;
    return dims && !dims->empty() && dims->front() == batch;
  };
  const ValueId output = graph.outputs.at(0);
  const bool follows = batch_of(output);
  for (Value& value : graph.values)
    if (value.producer != kNoNode) value.dims.reset();
  within(fmt::format("with images of {}x{}", height, width), [&] {
    infer_shapes(graph);
    // A Reshape that was written for another size takes pixels of one sample for another sample.
    if (!follows || batch_of(output)) return;
    for (const Node& node : graph.nodes) {
      if (node.dead || node.op != OpKind::reshape || node.outputs[0] == kNoValue) continue;
      const auto& dims = graph.value(node.inputs[0]).dims;
      if (dims && !dims->empty() && dims->front() == batch && !batch_of(node.outputs[0]))
        fail(Code::invalid, "{} is made for the size that the model came with", graph.label(node));
    }
    fail(Code::invalid, "output '{}' no longer holds one row per sample", graph.value(output).name);
  });
}

}  // namespace pare
