#include "compress/measure.h"

#include <map>
#include <set>

#include "core/cost.h"

namespace pare {

nlohmann::ordered_json measure(const Graph& graph, const PackOptions& packing) {
  const NetworkCost network = cost(graph);
  return {{"parameters", network.parameters},
          {"nonzeros", network.nonzeros},
          {"macs", network.macs},
          {"pare_bytes", pack(graph, packing).size()}};
}

nlohmann::ordered_json measure_layers(const Graph& graph, const PackOptions& packing, uint64_t* file) {
  PackOptions named = packing;
  named.strip = false;  // tensors are found by name; their payloads do not depend on it
  PackSummary summary;
  pack(graph, named, &summary);
  if (file) *file = summary.bytes;
  std::map<std::string, const PackedTensor*> packed;
  for (const PackedTensor& tensor : summary.tensors) packed.emplace(tensor.name, &tensor);

  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::set<ValueId> counted;  // a tensor that two layers share is counted at the first
  for (const LayerCost& layer : cost(graph).layers) {
    if (layer.parameters == 0) continue;
    uint64_t bytes = 0, largest = 0;
    std::string codec;
    for (const ValueId id : layer.tensors) {
      if (!counted.insert(id).second) continue;
      const auto tensor = packed.find(graph.value(id).name);
      if (tensor == packed.end()) continue;
      bytes += tensor->second->bytes;
      if (tensor->second->bytes >= largest) largest = tensor->second->bytes, codec = tensor->second->codec;
    }
    list.push_back({{"name", layer.name},
                    {"op", layer.op},
                    {"shape", layer.shape},
                    {"parameters", layer.parameters},
                    {"nonzeros", layer.nonzeros},
                    {"macs", layer.macs},
                    {"bits", layer.bits},
                    {"bytes", bytes},
                    {"codec", codec}});
  }
  return list;
}

}  // namespace pare
