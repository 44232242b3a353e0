// pare inspect: what is in a model file. Of a .pare file only the structure is read, no byte of a tensor.
#include <fmt/format.h>

#include <map>

#include "cli/command.h"
#include "cli/command_line.h"
#include "core/cost.h"
#include "core/data/dataset.h"
#include "core/error.h"
#include "core/mapped_file.h"
#include "core/model_file.h"
#include "core/pack/pack.h"
#include "core/passes/pass.h"
#include "format/container/read.h"

namespace pare::cli {
namespace {

using Json = nlohmann::ordered_json;

struct InspectFlags {
  std::string model;
  bool graph = false;
  void visit(ParamVisitor& v) {
    v.field("model", model, "model to look into");
    v.field("graph", graph, "print the graph, one line per node");
  }
};

std::string shape_text(const Graph& graph, const Value& value) {
  if (!value.dims) return "?";
  std::string text;
  for (const Dim& d : *value.dims) {
    text += text.empty() ? "" : "x";
    const auto name = graph.symbols.find(d.symbol);
    if (d.known())
      text += fmt::format("{}", d.factor);
    else
      text += (d.factor == 1 ? "" : fmt::format("{}*", d.factor)) + (name == graph.symbols.end() ? "?" : name->second);
  }
  return text.empty() ? "scalar" : text;
}

Json values_json(const Graph& graph, const std::vector<ValueId>& ids) {
  Json list = Json::array();
  for (const ValueId id : ids)
    list.push_back({{"name", graph.value(id).name},
                    {"type", name_of(graph.value(id).dtype)},
                    {"shape", shape_text(graph, graph.value(id))}});
  return list;
}

Json preprocessing_json(const Graph& graph) {
  const auto p = from_metadata(graph.origin.metadata);
  if (!p) return nullptr;
  return {{"formula", "y = (x * scale - mean) / std, x in 0..255"},
          {"scale", p->scale},
          {"mean", p->mean},
          {"std", p->std},
          {"order", p->order},
          {"size", p->size},
          {"classes", p->classes}};
}

std::vector<std::pair<std::string, uint64_t>> byte_groups(const PackedBytes& b) {
  return {{"levels", b.levels}, {"elements", b.elements},   {"tables", b.tables},      {"biases", b.biases},
          {"masks", b.masks},   {"structure", b.structure}, {"checksums", b.checksums}};
}

int run_inspect(CommandLine& line) {
  InspectFlags o;
  line.parse(o, {{"model", "MODEL"}});
  const auto file = MappedFile::open(o.model);
  const std::span<const std::byte> bytes = file->bytes();
  const bool is_pare = looks_like_pare(bytes);
  Graph graph;
  PackSummary summary;
  if (is_pare)
    summary = inspect_pare(bytes, o.model, &graph);
  else
    graph = load_model_as_is(o.model);

  Json json = {{"file", o.model}, {"kind", is_pare ? "pare" : "onnx"}, {"bytes", bytes.size()}};
  json["ir_version"] = graph.origin.ir_version;
  json["opsets"] = Json::object();
  for (const auto& opset : graph.origin.opsets)
    json["opsets"][opset.domain.empty() ? "ai.onnx" : opset.domain] = opset.version;
  json["producer"] = graph.origin.producer_name;
  json["inputs"] = values_json(graph, graph.inputs);
  json["outputs"] = values_json(graph, graph.outputs);
  json["preprocessing"] = preprocessing_json(graph);
  std::map<std::string, int> ops;
  size_t nodes = 0;
  for (const auto& node : graph.nodes)
    if (!node.dead) ++nodes, ++ops[node.type];
  json["nodes"] = nodes;
  json["ops"] = ops;
  std::string text = fmt::format("{}: {}, {} bytes, {} nodes, opset {}\n", o.model, is_pare ? ".pare" : "ONNX",
                                 grouped(static_cast<int64_t>(bytes.size())), nodes, graph.opset());
  for (const auto& [label, list] : {std::pair{"input", &graph.inputs}, std::pair{"output", &graph.outputs}})
    for (const ValueId id : *list)
      text += fmt::format("  {:<7} {} {} {}\n", label, graph.value(id).name, name_of(graph.value(id).dtype),
                          shape_text(graph, graph.value(id)));
  if (const auto p = from_metadata(graph.origin.metadata))
    text += fmt::format("  preprocessing (x * {:.6g} - [{:.4g}]) / [{:.4g}], order {}\n", p->scale,
                        fmt::join(p->mean, ", "), fmt::join(p->std, ", "), p->order);
  if (is_pare) {
    json["graph_bytes"] = summary.graph_bytes;
    json["bytes_of"] = Json::object();
    text += "  bytes:";
    for (const auto& [label, count] : byte_groups(summary.apart)) {
      json["bytes_of"][label] = count;
      if (count != 0) text += fmt::format(" {} {}{}", label, grouped(static_cast<int64_t>(count)), ',');
    }
    text.back() = '\n';
    json["tensors"] = Json::array();
    text += fmt::format("  {:<28} {:>6} {:>18} {:>5} {:>10} {:>12}  {}\n", "tensor", "type", "shape", "bits", "bytes",
                        "bits/weight", "codec");
    for (const auto& t : summary.tensors) {
      const auto weights = static_cast<double>(element_count(t.shape).value_or(0));
      const double bits_per_weight = weights == 0 ? 0 : 8 * static_cast<double>(t.bytes) / weights;
      json["tensors"].push_back({{"name", t.name},
                                 {"type", name_of(t.dtype)},
                                 {"shape", t.shape},
                                 {"bits", t.bits},
                                 {"bytes", t.bytes},
                                 {"table_bytes", t.table_bytes},
                                 {"mask_bytes", t.mask_bytes},
                                 {"bits_per_weight", bits_per_weight},
                                 {"codec", t.codec}});
      text += fmt::format("  {:<28} {:>6} {:>18} {:>5} {:>10} {:>12.3f}  {}\n", t.name, name_of(t.dtype),
                          fmt::format("{}", fmt::join(t.shape, "x")), t.bits, grouped(static_cast<int64_t>(t.bytes)),
                          bits_per_weight, t.codec);
    }
  } else {
    Graph lifted = load_model(o.model);
    fold_encodings(lifted);  // weights behind codebooks and scales count as the weights they are
    const NetworkCost c = cost(lifted);
    json["parameters"] = c.parameters;
    json["nonzeros"] = c.nonzeros;
    json["macs"] = c.macs;
    json["layers"] = Json::array();
    text += fmt::format("  {} parameters, {} non-zero, {} multiply-accumulates per sample\n", grouped(c.parameters),
                        grouped(c.nonzeros), grouped(c.macs));
    text += fmt::format("  {:<28} {:>18} {:>16} {:>12} {:>12} {:>14}\n", "layer", "op", "shape", "parameters",
                        "non-zero", "MACs");
    for (const auto& l : c.layers) {
      json["layers"].push_back({{"name", l.name},
                                {"op", l.op},
                                {"shape", l.shape},
                                {"parameters", l.parameters},
                                {"nonzeros", l.nonzeros},
                                {"macs", l.macs},
                                {"bits", l.bits}});
      text += fmt::format("  {:<28} {:>18} {:>16} {:>12} {:>12} {:>14}\n", l.name, l.op,
                          fmt::format("{}", fmt::join(l.shape, "x")), grouped(l.parameters), grouped(l.nonzeros),
                          grouped(l.macs));
    }
  }
  Json metadata = Json::object();
  for (const auto& [key, value] : graph.origin.metadata) metadata[key] = value;
  json["metadata"] = metadata;
  if (o.graph) json["graph"] = to_text(graph), text += to_text(graph);
  line.print(json, [&] { CommandLine::print_text(text); });
  return 0;
}

}  // namespace

extern const Command command_inspect = {"inspect", "what is in a model file", "pare inspect model.pare --json",
                                        run_inspect};

}  // namespace pare::cli
