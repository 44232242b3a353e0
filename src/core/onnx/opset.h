// Which opset a graph is in, and how it gets to another one.
#pragma once

#include <cstdint>

#include "core/graph.h"

namespace pare {

inline constexpr int64_t kCanonicalOpset = 17;
inline constexpr int64_t kOldestImport = 7, kOldestExport = 11, kNewestOpset = 22;

// The IR version that came with an opset, for files written by us.
int64_t ir_version_of(int64_t opset);
// From opset 17 to `version` (kOldestExport..kNewestOpset), in place. Error(unsupported) names the node that cannot be
// said there.
void lower(Graph& graph, int64_t version);
// Is a node of an op we do not know, written for opset `from`, also right in opset `to`? Error(unsupported) if not.
// Sub-graphs count too: they are carried as bytes.
void check_carried(const Graph& graph, const Node& node, int64_t from, int64_t to);
// Floats of 16 and 64 bits become f32: constants (their type stays in source_dtype) and all that is computed from
// them. Inputs, outputs and ops we do not know keep their types behind Cast nodes.
void compute_in_f32(Graph& graph);

}  // namespace pare
