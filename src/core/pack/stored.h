// Between a Graph and the plain structs of the container (format/container/layout.h).
#pragma once

#include <string>
#include <vector>

#include "core/graph.h"
#include "core/pack/pack.h"
#include "format/container/read.h"
#include "format/container/write.h"

namespace pare {

struct StoredModel {
  StoredGraph graph;
  std::vector<CodedTensor> tensors;
  std::vector<std::string> names;  // per tensor, for summaries: of the value or attribute that holds it
};
// No dead nodes. With options.strip only names that others refer to stay.
StoredModel to_stored(const Graph& graph, const PackOptions& options);

// `tensors` are those of all records. Without them constants stay absent; dtype, dims and grids are there.
Graph from_stored(const PareFile& file, const std::vector<DecodedTensor>* tensors);
// Per tensor record; "" for those that nothing names.
std::vector<std::string> tensor_names(const StoredGraph& graph);

}  // namespace pare
