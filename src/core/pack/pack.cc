#include "core/pack/pack.h"

#include <algorithm>

#include "core/edit.h"
#include "core/error.h"
#include "core/pack/stored.h"
#include "core/params.h"

namespace pare {

namespace {

PackedTensor describe(const StoredTensor& t, std::string name, uint64_t payload_bytes) {
  PackedTensor p;
  p.name = std::move(name);
  p.dtype = t.dtype;
  p.shape = t.shape;
  const Decoder* codec = find_decoder(t.codec);
  p.codec = codec ? codec->name : "unknown";
  p.bits = t.grid ? t.grid->bits : static_cast<double>(8 * size_of(t.stored));
  p.bytes = payload_bytes;
  if (t.grid) p.bytes += sizeof(float) * (t.grid->scale.size() + t.grid->zero_point.size() + t.grid->codebook.size());
  return p;
}

void finish(PackSummary& summary, uint64_t file_bytes) {
  uint64_t tensors = 0;
  for (const PackedTensor& t : summary.tensors) tensors += t.bytes;
  summary.bytes = file_bytes;
  summary.graph_bytes = file_bytes - std::min(file_bytes, tensors);
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

std::vector<std::byte> pack(const Graph& graph, const PackOptions& options, PackSummary* summary) {
  verify(graph);  // what would not verify after unpacking is not written
  if (std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& n) { return n.dead; })) {
    Graph live = graph;
    compact(live);
    return pack(live, options, summary);
  }
  const StoredModel model = to_stored(graph, options);
  std::vector<std::byte> file = write_pare(model.graph, model.tensors);
  if (summary) {
    *summary = {};
    for (size_t i = 0; i < model.tensors.size(); ++i) {
      const CodedTensor& t = model.tensors[i];
      summary->tensors.push_back(describe(t.record, model.names[i], t.payload.size() + t.mask_payload.size()));
    }
    finish(*summary, file.size());
  }
  return file;
}

Graph unpack(std::span<const std::byte> bytes, const std::string& name, uint64_t max_bytes) {
  Graph graph = within(name, [&] { return from_stored(open(bytes, "", max_bytes), true); });
  graph.source = name;
  verify(graph);
  return graph;
}

PackSummary inspect_pare(std::span<const std::byte> bytes, const std::string& name, Graph* graph_without_tensors) {
  const PareFile file = open(bytes, name, uint64_t{1} << 30);
  PackSummary summary;
  std::vector<std::string> names = tensor_names(file.graph());
  names.resize(file.tensors().size());
  for (size_t i = 0; i < file.tensors().size(); ++i)
    summary.tensors.push_back(describe(file.tensors()[i], names[i], file.payload_bytes(i)));
  finish(summary, bytes.size());
  if (graph_without_tensors) {
    *graph_without_tensors = within(name, [&] { return from_stored(file, false); });
    graph_without_tensors->source = name;
  }
  return summary;
}

}  // namespace pare
