// Figures of a network as it stands: what the report shows after every step and in its before-and-after table.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/graph.h"
#include "core/onnx/onnx.h"
#include "core/pack/pack.h"

namespace pare {

// parameters, nonzeros, macs, pare_bytes.
nlohmann::ordered_json measure(const Graph& graph, const PackOptions& packing);
// One entry per layer with parameters: name, op, shape, parameters, nonzeros, macs, bits, bytes, codec. `file`: bytes
// of the whole file, with names.
nlohmann::ordered_json measure_layers(const Graph& graph, const PackOptions& packing, uint64_t* file = nullptr);

}  // namespace pare
