#include "core/pack/pack.h"

#include <algorithm>
#include <numeric>

#include "core/edit.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/pack/decode_tensors.h"
#include "core/pack/stored.h"
#include "core/params.h"

namespace pare {

namespace {

PackedTensor describe(const StoredTensor& t, std::string name, const PayloadBytes& payload) {
  PackedTensor p;
  p.name = std::move(name);
  p.dtype = t.dtype;
  p.shape = t.shape;
  const Decoder* codec = find_decoder(t.codec);
  p.codec = codec ? codec->name : "unknown";
  p.bits = t.grid ? t.grid->bits : static_cast<double>(8 * size_of(t.stored));
  p.table_bytes = payload.tables;
  p.mask_bytes = payload.mask;
  p.bytes = payload.total();
  return p;
}

// Float tensors of one axis: biases and the like.
std::vector<bool> biases(const StoredGraph& graph, const std::vector<const StoredTensor*>& tensors) {
  std::vector<bool> is_bias(tensors.size(), false);
  for (const StoredValue& v : graph.values) {
    if (v.tensor == kNoTensor) continue;
    const StoredTensor& t = *tensors[static_cast<size_t>(v.tensor)];
    is_bias[static_cast<size_t>(v.tensor)] = t.shape.size() == 1 && is_float(t.dtype);
  }
  return is_bias;
}

void finish(PackSummary& summary, const StoredGraph& graph, const std::vector<const StoredTensor*>& tensors,
            uint64_t file_bytes, uint64_t structure_bytes) {
  uint64_t all = 0;
  const std::vector<bool> is_bias = biases(graph, tensors);
  PackedBytes& apart = summary.apart;
  for (size_t i = 0; i < summary.tensors.size(); ++i) {
    const PackedTensor& t = summary.tensors[i];
    all += t.bytes;
    apart.masks += t.mask_bytes;
    const uint64_t elements = t.bytes - t.table_bytes - t.mask_bytes;
    if (is_bias[i]) {
      apart.biases += elements + t.table_bytes;
    } else {
      apart.tables += t.table_bytes;
      (tensors[i]->grid ? apart.levels : apart.elements) += elements;
    }
  }
  summary.bytes = file_bytes;
  summary.graph_bytes = file_bytes - std::min(file_bytes, all);
  apart.structure = structure_bytes;
  apart.checksums = summary.graph_bytes - std::min(summary.graph_bytes, structure_bytes);
}

PareFile open(std::span<const std::byte> bytes, const std::string& name, uint64_t max_bytes) {
  return take(PareFile::open(bytes, max_bytes), name);
}

}  // namespace

const Encoder& encoder_named(const std::string& name) {
  if (const Encoder* encoder = find_encoder(name)) return *encoder;
  std::vector<std::string> names{"auto"};
  for (const Encoder* encoder : encoder_list()) names.emplace_back(encoder->name);
  const std::string near = nearest(name, names);
  fail(Code::invalid, "unknown codec '{}'{}", name,
       near.empty() ? "; `pare list codecs` shows all" : fmt::format(" (did you mean '{}'?)", near));
}

namespace {

// Calls use(model, parts of the file) with what lives until it returns.
template <class Use>
void pack_into(const Graph& graph, const PackOptions& options, PackSummary* summary, Use use) {
  verify(graph);  // what would not verify after unpacking is not written
  if (std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& n) { return n.dead; })) {
    Graph live = graph;
    compact(live);
    return pack_into(live, options, summary, use);
  }
  const StoredModel model = to_stored(graph, options);
  const FileParts parts(model.graph, model.tensors);
  if (summary) {
    *summary = {};
    std::vector<const StoredTensor*> records;
    for (size_t i = 0; i < model.tensors.size(); ++i) {
      const StoredTensor& t = model.tensors[i].record;
      records.push_back(&t);
      summary->tensors.push_back(describe(t, model.names[i], payload_bytes(t)));
    }
    finish(*summary, model.graph, records, parts.bytes(), parts.structure_bytes());
  }
  use(parts);
}

}  // namespace

std::vector<std::byte> pack(const Graph& graph, const PackOptions& options, PackSummary* summary) {
  std::vector<std::byte> file;
  pack_into(graph, options, summary, [&](const FileParts& parts) { file = parts.joined(); });
  return file;
}

void pack_file(const Graph& graph, const std::string& path, const PackOptions& options, PackSummary* summary) {
  pack_into(graph, options, summary, [&](const FileParts& parts) { write_file(path, parts.spans()); });
}

Graph unpack(std::span<const std::byte> bytes, const std::string& name, uint64_t max_bytes, Progress& progress) {
  Graph graph = within(name, [&] {
    const PareFile file = open(bytes, "", max_bytes);
    std::vector<size_t> all(file.tensors().size());
    std::iota(all.begin(), all.end(), size_t{0});
    uint64_t budget = max_bytes;
    const auto tensors = decode_tensors(file, all, tensor_names(file.graph()), budget, progress);
    return from_stored(file, &tensors);
  });
  graph.source = name;
  verify(graph);
  return graph;
}

PackSummary inspect_pare(std::span<const std::byte> bytes, const std::string& name, Graph* graph_without_tensors) {
  const PareFile file = open(bytes, name, uint64_t{1} << 30);
  PackSummary summary;
  std::vector<std::string> names = tensor_names(file.graph());
  names.resize(file.tensors().size());
  std::vector<const StoredTensor*> records;
  for (size_t i = 0; i < file.tensors().size(); ++i) {
    records.push_back(&file.tensors()[i]);
    summary.tensors.push_back(describe(file.tensors()[i], names[i], payload_bytes(file.tensors()[i], file.version())));
  }
  finish(summary, file.graph(), records, bytes.size(), file.structure_bytes());
  if (graph_without_tensors) {
    *graph_without_tensors = within(name, [&] { return from_stored(file, nullptr); });
    graph_without_tensors->source = name;
  }
  return summary;
}

}  // namespace pare
