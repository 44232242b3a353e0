// Lossless rewrites. One per file with a row at its end and a line in pass_list.def; every one keeps the outputs.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/graph.h"

namespace pare {

struct PassDef {
  std::string_view name, summary;
  bool (*run)(Graph&);  // true when something changed
  bool simplifies;      // part of `pare simplify`
};
std::span<const PassDef* const> pass_list();
int64_t node_count(const Graph& graph);  // without removed ones
// What one pass did in all its runs.
struct PassEffect {
  std::string_view name;
  int runs = 0;               // that changed something
  int64_t nodes_removed = 0;  // net
};
// All simplifying passes until nothing changes; their effects in list order.
std::vector<PassEffect> simplify(Graph& graph);
// Moves QuantizeLinear/DequantizeLinear pairs and DequantizeLinear of constants into encodings where every user
// agrees; export writes them back. Compressing steps run it, import does not.
bool fold_qdq(Graph& graph);
// Weights that Gather(codebook, indices) makes become constants with a codebook grid; export writes them back.
bool fold_codebooks(Graph& graph);
// Both of these: what a network is trained, compressed and counted as.
void fold_encodings(Graph& graph);
// The reverse of fold_qdq: affine grids of up to 8 bits (and signed ones of up to 32 without zero points) become
// QuantizeLinear and DequantizeLinear nodes. What opset 17 cannot say so stays an encoding. Masks and codecs of
// unfolded constants are dropped.
bool unfold_qdq(Graph& graph);

}  // namespace pare
