#include <algorithm>
#include <filesystem>

#include "core/edit.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/onnx/attribute_proto.h"
#include "core/onnx/onnx.h"
#include "core/onnx/opset.h"
#include "core/onnx/pieces.h"
#include "core/onnx/type_proto.h"
#include "core/onnx/unfold.h"

namespace pare {
namespace {

using namespace onnx_proto;

constexpr uint64_t kProtobufLimit = (uint64_t{1} << 31) - 1;  // what protobuf readers accept
constexpr int64_t kFreeInitializersIr = 4;                    // before, initializers had to be graph inputs too

class ModelWriter {
 public:
  ModelWriter(const Graph& graph, ExternalSink* external) : graph_(graph), external_(external) {}

  Pieces run() {
    const Origin& origin = graph_.origin;
    Pieces out;
    uint64_t tensor_bytes = 0;
    for (const Value& value : graph_.values) tensor_bytes += value.constant ? value.constant->byte_size() : 0;
    if (external_ == nullptr) check_size(tensor_bytes);
    std::string start, end;
    {
      protozero::pbf_builder<ModelField> model(start);
      model.add_int64(ModelField::ir_version, origin.ir_version);
      text(model, ModelField::producer_name, origin.producer_name);
      text(model, ModelField::producer_version, origin.producer_version);
      text(model, ModelField::domain, origin.domain);
      if (origin.model_version != 0) model.add_int64(ModelField::model_version, origin.model_version);
      text(model, ModelField::doc_string, origin.doc);
    }
    Pieces graph = write_graph();
    add_length(start, static_cast<uint32_t>(ModelField::graph), graph.bytes());
    {
      protozero::pbf_builder<ModelField> model(end);
      for (const OpsetImport& opset : origin.opsets) {
        protozero::pbf_builder<OpsetField> w(model, ModelField::opset_import);
        w.add_string(OpsetField::domain, opset.domain);
        w.add_int64(OpsetField::version, opset.version);
      }
      for (const auto& [key, value] : origin.metadata) {
        protozero::pbf_builder<EntryField> w(model, ModelField::metadata_props);
        w.add_string(EntryField::key, key);
        w.add_string(EntryField::value, value);
      }
    }
    out.add(std::move(start));
    out.add(std::move(graph));
    out.add(std::move(end));
    check_size(out.bytes());
    return out;
  }

 private:
  static void check_size(uint64_t bytes) {
    if (bytes > kProtobufLimit) fail(Code::limit, "the model has {} bytes; over 2 GiB ONNX needs external data", bytes);
  }
  template <class Writer, class Field>
  static void text(Writer& writer, Field field, const std::string& value) {
    if (!value.empty()) writer.add_string(field, value);
  }

  // The head of a field that holds `bytes` bytes.
  static void add_length(std::string& out, uint32_t field, uint64_t bytes) {
    constexpr uint64_t kLengthDelimited = 2;
    for (const uint64_t number : {uint64_t{field} << 3 | kLengthDelimited, bytes}) {
      uint64_t rest = number;
      for (; rest >= 128; rest >>= 7) out.push_back(static_cast<char>(rest | 128));
      out.push_back(static_cast<char>(rest));
    }
  }

  Pieces write_graph() {
    Pieces out;
    std::string start;
    {
      protozero::pbf_builder<GraphField> w(start);
      for (const Node& node : graph_.nodes) {
        if (!node.dead) write_node(protozero::pbf_builder<NodeField>(w, GraphField::node), node);
      }
      w.add_string(GraphField::name,
                   graph_.origin.graph_name.empty() ? std::string("graph") : graph_.origin.graph_name);
    }
    out.add(std::move(start));
    for (const Value& value : graph_.values) {
      if (value.constant) out.add(write_initializer(*value.constant, value.name));
    }
    std::string end;
    write_rest(protozero::pbf_builder<GraphField>(end));
    out.add(std::move(end));
    return out;
  }

  // Tensors of less than this are copied between the other fields.
  static constexpr size_t kOwnPiece = 4096;

  Pieces write_initializer(const Tensor& tensor, const std::string& name) {
    const bool apart = external_ == nullptr && tensor.byte_size() >= kOwnPiece;
    std::string fields, head;
    {
      TensorWriter w(fields);
      if (apart)
        write_tensor_type(w, tensor, name);
      else
        write_tensor(std::move(w), tensor, name, external_);
    }
    if (apart) add_length(fields, static_cast<uint32_t>(TensorField::raw_data), tensor.byte_size());
    add_length(head, static_cast<uint32_t>(GraphField::initializer), fields.size() + (apart ? tensor.byte_size() : 0));
    Pieces out;
    out.add(head + fields);
    if (apart) out.add(tensor);
    return out;
  }

  // What comes after the initializers.
  void write_rest(protozero::pbf_builder<GraphField> w) {
    text(w, GraphField::doc_string, graph_.origin.graph_doc);
    std::vector<bool> described(graph_.values.size());
    auto describe = [&](ValueId id, GraphField field) {
      described[static_cast<size_t>(id)] = true;
      write_value_info({w, field}, graph_, graph_.value(id));
    };
    for (const ValueId id : graph_.inputs) describe(id, GraphField::input);
    if (graph_.origin.ir_version < kFreeInitializersIr) {
      for (size_t i = 0; i < graph_.values.size(); ++i) {
        if (graph_.values[i].constant) describe(static_cast<ValueId>(i), GraphField::input);
      }
    }
    for (const ValueId id : graph_.outputs) describe(id, GraphField::output);
    // Types between the nodes: readers that know fewer ops than we do, and viewers, are glad of them.
    for (size_t i = 0; i < graph_.values.size(); ++i) {
      const Value& value = graph_.values[i];
      if (!described[i] && value.producer != kNoNode && value.dtype != DType::none)
        describe(static_cast<ValueId>(i), GraphField::value_info);
    }
  }

  void write_node(protozero::pbf_builder<NodeField> w, const Node& node) const {
    const auto name = [&](ValueId id) { return id == kNoValue ? std::string() : graph_.value(id).name; };
    for (const ValueId id : node.inputs) w.add_string(NodeField::input, name(id));
    for (const ValueId id : node.outputs) w.add_string(NodeField::output, name(id));
    text(w, NodeField::name, node.name);
    w.add_string(NodeField::op_type, node.type);
    for (const auto& [key, value] : node.attributes)
      w.add_message(NodeField::attribute, attribute_to_proto(key, value));
    text(w, NodeField::doc_string, node.doc);
    text(w, NodeField::domain, node.domain);
  }

  const Graph& graph_;
  ExternalSink* external_;
};

bool is_written_for(int64_t opset, const Graph& graph) {
  return graph.opset() == opset && std::all_of(graph.nodes.begin(), graph.nodes.end(),
                                               [&](const Node& n) { return n.version == 0 || n.version == opset; });
}

Pieces write_model_in(int64_t opset, const Graph& graph, const ExportOptions& options, ExternalSink* external) {
  if (is_written_for(opset, graph) && !has_foldings(graph, options)) {
    if (opset == kCanonicalOpset) {  // a lifted graph may hold what only newer opsets can say: this refuses it
      Graph probe = graph;
      lower(probe, opset);
    }
    return ModelWriter(graph, external).run();
  }
  ensure(!options.whole, "the elements of a tensor are needed before they are there");
  Graph copy = graph;  // tensors are shared, not copied
  if (copy.opset() != kCanonicalOpset) lift(copy);
  unfold(copy, options, opset);
  infer_shapes(copy);  // lowering reads types and shapes
  lower(copy, opset);
  return ModelWriter(copy, external).run();
}

}  // namespace

bool written_as_it_is(const Graph& graph, const ExportOptions& options) {
  return is_written_for(options.opset == 0 ? graph.opset() : options.opset, graph) && !has_foldings(graph, options);
}

// Where no opset is asked for: the graph's own, or the first newer one that can say all of it.
static Pieces write_model(const Graph& graph, const ExportOptions& options, ExternalSink* external) {
  if (options.opset != 0) return write_model_in(options.opset, graph, options, external);
  for (int64_t opset = graph.opset();; ++opset) {
    try {
      return write_model_in(opset, graph, options, external);
    } catch (const Error& e) {
      if (e.code() != Code::unsupported) throw;
      if (opset >= kNewestOpset) return write_model_in(graph.opset(), graph, options, external);  // the first reason
    }
  }
}

std::string serialize_onnx(const Graph& graph, const ExportOptions& options) {
  ensure(!options.external_data, "external data needs a file to lie beside");
  return write_model(graph, options, nullptr).joined();
}

// Names for the data of the model `path`, relative to it; the first that is free is taken.
static std::string data_name(const std::string& path, size_t number) {
  const std::string name = std::filesystem::path(path).filename().string();
  return number == 0 ? name + ".data" : fmt::format("{}.{}.data", name, number);
}

void export_onnx(const Graph& graph, const std::string& path, const ExportOptions& options) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  // A model that is there stays whole until the new one takes its place, so its data must not be overwritten.
  std::vector<std::filesystem::path> old;
  if (options.external_data)
    while (std::filesystem::exists(folder / data_name(path, old.size())))
      old.push_back(folder / data_name(path, old.size()));
  ExternalSink external(data_name(path, old.size()));
  const Pieces model =
      within(path, [&] { return write_model(graph, options, options.external_data ? &external : nullptr); });
  const std::filesystem::path data = folder / external.location();
  if (!external.empty())
    write_file_in_pieces(data.string(), [&](const WriteBytes& write) { external.write(write, options.whole); });
  std::error_code ignored;
  try {
    write_file_in_pieces(path, [&](const WriteBytes& write) { model.write(write, options.whole); });
  } catch (...) {
    if (!external.empty()) std::filesystem::remove(data, ignored);
    throw;
  }
  for (const auto& before : old) std::filesystem::remove(before, ignored);
}

}  // namespace pare
