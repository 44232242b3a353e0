// ONNX files in and out. Import is source-faithful and never folds; lift() brings a graph to the canonical form
// (opset 17 semantics) that everything but pack, unpack and inspect works on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/graph.h"

namespace pare {

struct ImportOptions {
  bool lift = true;                        // false: keep the source's opset and Constant nodes (pack, unpack)
  uint64_t max_bytes = uint64_t{8} << 30;  // of all tensors together
};
// Reads a model file; external data is looked up beside it (never outside its folder). Errors name file, node and
// offset.
Graph import_onnx(const std::string& path, const ImportOptions& options = {});
// From memory; `name` is used in messages, external data is looked up in `folder` (refused when empty).
Graph parse_onnx(std::string_view bytes, const std::string& name, const ImportOptions& options = {},
                 const std::string& folder = {});
// To opset 17 semantics: op attributes and inputs as in opset 17, Constant nodes become constants, float weights f32.
void lift(Graph& graph);

enum class WeightStyle : uint8_t {
  compact,  // shared weights as Gather(codebook, Cast(uint8 indices)), affine grids as DequantizeLinear
  plain,    // "float" on the command line: plain float initializers
};
// The elements of a constant that the graph holds without them (LazyModel::whole).
using WholeTensor = std::function<Tensor(const Tensor&)>;
struct ExportOptions {
  int64_t opset = 0;  // 11..22; 0: as the graph has it (17 when lifted), or newer where an op needs it
  WeightStyle weights = WeightStyle::compact;
  bool external_data = false;     // tensors over 1 KiB into PATH.data (PATH.1.data where that is taken)
  bool keep_source_types = true;  // f16, bf16, f64 weights leave as they came
  WholeTensor whole;  // set: constants are asked for as they are written; the graph must be written_as_it_is
};
std::string serialize_onnx(const Graph& graph, const ExportOptions& options = {});
// Is exporting a matter of writing down what the graph holds, so that no tensor is looked at?
bool written_as_it_is(const Graph& graph, const ExportOptions& options);
// Writes to a temporary file in the same folder, then renames. Error(io) names the file.
void export_onnx(const Graph& graph, const std::string& path, const ExportOptions& options = {});

}  // namespace pare
