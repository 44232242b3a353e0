#include <algorithm>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include "core/edit.h"
#include "core/model_file.h"
#include "core/onnx/attribute_proto.h"
#include "core/onnx/functions.h"
#include "core/onnx/onnx.h"
#include "core/onnx/opset.h"
#include "core/onnx/opset_proto.h"
#include "core/onnx/type_proto.h"
#include "format/onnx_dtype.h"

namespace pare {
namespace {

using namespace onnx_proto;

constexpr int64_t kOldestIr = 3, kNewestIr = 10;
constexpr uint64_t kNodeCost =
    sizeof(Node) + sizeof(Value);  // charged per node and value: tiny messages make large structs

// Builds the graph of one ModelProto. Parts of a message may come in any order, so they are first collected as views.
class Importer {
 public:
  Importer(std::string_view bytes, const std::string& name, const ImportOptions& options, const std::string& folder,
           std::shared_ptr<const void> owner)
      : bytes_(bytes),
        wire_(bytes, options.max_bytes),
        tensors_{wire_, std::move(owner), ExternalFiles(folder)},
        functions_(wire_),
        symbols_(graph_) {
    graph_.source = name;
  }

  Graph run() {
    read_model();
    if (!graph_bytes_) fail(Code::invalid, "not an ONNX model: it has no graph");
    check_versions();
    collect_parts();
    functions_.check_opsets(graph_.origin.opsets);
    const size_t calls = nodes_.size();
    nodes_ = functions_.expand(nodes_);
    for (size_t i = calls; i < nodes_.size(); ++i) wire_.charge(kNodeCost);
    declare_inputs();
    declare_constants();
    declare_outputs_of_nodes();
    connect_nodes();
    read_value_infos();
    declare_graph_outputs();
    bool in_order = true;
    rebuild_links(graph_);
    for (size_t i = 0; i < graph_.nodes.size(); ++i)
      in_order = in_order && producers_come_before(static_cast<NodeId>(i));
    if (!in_order) sort_topologically(graph_);
    return std::move(graph_);
  }

 private:
  void read_model() {
    bool has_ir_version = false;
    if (bytes_.empty()) fail(Code::invalid, "not an ONNX model: the file is empty");
    Origin& origin = graph_.origin;
    origin.opsets.clear();
    try {
      for (Fields<ModelField> f(wire_, bytes_); f.next();) {
        switch (f.field()) {
          case ModelField::ir_version:
            origin.ir_version = f.integer();
            has_ir_version = true;
            break;
          case ModelField::producer_name:
            origin.producer_name = f.text();
            break;
          case ModelField::producer_version:
            origin.producer_version = f.text();
            break;
          case ModelField::domain:
            origin.domain = f.text();
            break;
          case ModelField::model_version:
            origin.model_version = f.integer();
            break;
          case ModelField::doc_string:
            origin.doc = f.text();
            break;
          case ModelField::graph:
            graph_bytes_ = f.bytes();
            break;
          case ModelField::opset_import:
            origin.opsets.push_back(read_opset(wire_, f.bytes()));
            break;
          case ModelField::metadata_props:
            origin.metadata.push_back(read_entry(f.bytes()));
            break;
          case ModelField::training_info:
            fail(Code::unsupported, "models with training_info are not supported");
          case ModelField::functions:
            functions_.add(f.bytes());
            break;
          default:
            f.skip();
        }
      }
    } catch (const Error& e) {
      // Every exporter writes the IR version first; what breaks before it is some other kind of file.
      if (!has_ir_version) fail(Code::invalid, "not an ONNX model: {}", e.what());
      throw;
    }
    if (!has_ir_version) fail(Code::invalid, "not an ONNX model: it has no IR version");
  }

  std::pair<std::string, std::string> read_entry(std::string_view message) const {
    std::pair<std::string, std::string> entry;
    for (Fields<EntryField> f(wire_, message); f.next();) {
      switch (f.field()) {
        case EntryField::key:
          entry.first = f.text();
          break;
        case EntryField::value:
          entry.second = f.text();
          break;
        default:
          f.skip();
      }
    }
    return entry;
  }

  void check_versions() const {
    const int64_t ir = graph_.origin.ir_version;
    if (ir < kOldestIr || ir > kNewestIr)
      fail(Code::unsupported, "IR version {} (supported: {} to {})", ir, kOldestIr, kNewestIr);
    const int64_t opset = graph_.opset();
    if (opset < kOldestImport || opset > kNewestOpset) {
      fail(Code::unsupported, "opset {} of the default domain (supported: {} to {})", opset, kOldestImport,
           kNewestOpset);
    }
  }

  void collect_parts() {
    for (Fields<GraphField> f(wire_, *graph_bytes_); f.next();) {
      switch (f.field()) {
        case GraphField::name:
          graph_.origin.graph_name = f.text();
          break;
        case GraphField::doc_string:
          graph_.origin.graph_doc = f.text();
          break;
        case GraphField::node:
          keep(nodes_, f.bytes());
          break;
        case GraphField::initializer:
          keep(initializers_, f.bytes());
          break;
        case GraphField::input:
          keep(inputs_, f.bytes());
          break;
        case GraphField::output:
          keep(outputs_, f.bytes());
          break;
        case GraphField::value_info:
          keep(value_infos_, f.bytes());
          break;
        case GraphField::sparse_initializer:
          fail(Code::unsupported, "sparse initializer '{}' is not supported", sparse_name(f.bytes()));
        default:
          f.skip();
      }
    }
  }
  void keep(std::vector<std::string_view>& list, std::string_view bytes) {
    wire_.charge(kNodeCost);
    list.push_back(bytes);
  }
  std::string sparse_name(std::string_view message) const {
    std::string name;
    for (Fields<SparseTensorField> f(wire_, message); f.next();) {
      if (f.field() != SparseTensorField::values) {
        f.skip();
        continue;
      }
      for (Fields<TensorField> t(wire_, f.bytes()); t.next();) {
        if (t.field() == TensorField::name)
          name = t.text();
        else
          t.skip();
      }
    }
    return name;
  }

  ValueId declare(const std::string& name) {
    ensure(!name.empty(), "a value has no name");
    const ValueId id = static_cast<ValueId>(graph_.values.size());
    ensure(ids_.emplace(name, id).second, "the value '{}' is defined twice", name);
    wire_.charge(kNodeCost);
    graph_.values.emplace_back().name = name;
    return id;
  }
  ValueId find(const std::string& name) const {
    if (name.empty()) return kNoValue;
    const auto it = ids_.find(name);
    ensure(it != ids_.end(), "it reads '{}', which nothing produces", name);
    return it->second;
  }
  void describe(Value& value, const ValueInfo& info) const {
    if (value.constant) return;
    value.dtype = dtype_from_onnx(info.element_type);
    value.dims = info.dims;
  }
  void check_type(const ValueInfo& info, std::string_view what) const {
    if (!info.is_tensor) fail(Code::unsupported, "{} '{}' is no tensor", what, info.name);
    if (info.element_type != 0 && dtype_from_onnx(info.element_type) == DType::none) {
      fail(Code::unsupported, "{} '{}' has {} elements, which are not supported", what, info.name,
           info.element_type == kOnnxString ? "string" : fmt::format("type-{}", info.element_type));
    }
  }

  // Inputs that are initializers too (all of them before IR 4) are constants, not inputs.
  void declare_inputs() {
    std::unordered_set<std::string> initialized;
    for (std::string_view message : initializers_) initialized.insert(text_of(wire_, message, TensorField::name));
    for (std::string_view message : inputs_) {
      const ValueInfo info = read_value_info(wire_, message, symbols_);
      if (initialized.contains(info.name)) continue;
      check_type(info, "input");
      const ValueId id = declare(info.name);
      describe(graph_.value(id), info);
      graph_.inputs.push_back(id);
      is_input_.insert(id);
    }
  }

  void declare_constants() {
    for (std::string_view message : initializers_) {
      NamedTensor named = read_tensor(tensors_, message);
      Value& value = graph_.value(declare(named.name));
      value.dtype = named.tensor.dtype();
      value.dims = to_dims(named.tensor.shape());
      value.constant = std::move(named.tensor);
    }
  }

  void declare_outputs_of_nodes() {
    std::unordered_set<std::string> names;
    for (std::string_view message : nodes_) {
      Node& node = graph_.nodes.emplace_back();
      for (Fields<NodeField> f(wire_, message); f.next();) {
        switch (f.field()) {
          case NodeField::name:
            node.name = f.text();
            break;
          case NodeField::op_type:
            node.type = f.text();
            break;
          case NodeField::domain:
            node.domain = plain_domain(f.text());
            break;
          case NodeField::doc_string:
            node.doc = f.text();
            break;
          case NodeField::output: {
            const std::string name = f.text();
            node.outputs.push_back(name.empty() ? kNoValue : declare(name));
            break;
          }
          default:
            f.skip();
        }
      }
      ensure(!node.type.empty(), "node {} has no op type", graph_.nodes.size() - 1);
      if (node.domain.empty()) node.op = op_from_onnx(node.type);
      if (!node.name.empty() && !names.insert(node.name).second)
        node.name.clear();  // the second of a name gets its own
    }
    // Nodes without a name: the op's name and a number.
    std::unordered_map<std::string, size_t> last;
    for (Node& node : graph_.nodes) {
      while (node.name.empty()) {
        std::string name = fmt::format("{}_{}", node.type, last[node.type]++);
        if (names.insert(name).second) node.name = std::move(name);
      }
    }
  }

  void connect_nodes() {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      Node& node = graph_.nodes[i];
      within(graph_.label(node), [&] {
        for (Fields<NodeField> f(wire_, nodes_[i]); f.next();) {
          switch (f.field()) {
            case NodeField::input:
              wire_.charge(sizeof(ValueId) + sizeof(NodeId));
              node.inputs.push_back(find(f.text()));
              break;
            case NodeField::attribute:
              add_attribute(node, f.bytes());
              break;
            default:
              f.skip();
          }
        }
        std::unordered_set<ValueId> seen;
        std::erase_if(node.captured, [&](ValueId id) { return !seen.insert(id).second; });
      });
    }
  }
  void add_attribute(Node& node, std::string_view message) {
    wire_.charge(sizeof(std::pair<std::string, AttributeValue>));
    NamedAttribute attribute = read_attribute(tensors_, message, node.op == OpKind::unknown);
    if (node.attributes.size() >= kMostAttributes) fail(Code::limit, "more than {} attributes", kMostAttributes);
    ensure(!node.attributes.has(attribute.name), "the attribute '{}' is there twice", attribute.name);
    node.attributes.set(attribute.name, std::move(attribute.value));
    for (const std::string& name : attribute.captured) node.captured.push_back(find(name));
  }

  void read_value_infos() {
    for (std::string_view message : value_infos_) {
      const ValueInfo info = read_value_info(wire_, message, symbols_);
      const auto it = ids_.find(info.name);
      if (it == ids_.end()) continue;  // of a value that an optimizer removed
      if (!is_input(it->second)) describe(graph_.value(it->second), info);
    }
  }

  bool is_input(ValueId id) const { return is_input_.contains(id); }

  void declare_graph_outputs() {
    std::unordered_set<ValueId> listed;
    for (std::string_view message : outputs_) {
      const ValueInfo info = read_value_info(wire_, message, symbols_);
      check_type(info, "output");
      const auto it = ids_.find(info.name);
      ensure(it != ids_.end(), "nothing produces the output '{}'", info.name);
      const ValueId id = it->second;
      ensure(listed.insert(id).second, "the output '{}' is listed twice", info.name);
      Value& value = graph_.value(id);
      if (!is_input(id) && (info.element_type != 0 || info.dims)) describe(value, info);
      graph_.outputs.push_back(id);
    }
  }

  bool producers_come_before(NodeId id) const {
    const Node& node = graph_.node(id);
    auto earlier = [&](ValueId v) {
      return v == kNoValue || graph_.value(v).producer == kNoNode || graph_.value(v).producer < id;
    };
    return std::all_of(node.inputs.begin(), node.inputs.end(), earlier) &&
           std::all_of(node.captured.begin(), node.captured.end(), earlier);
  }

  std::string_view bytes_;
  WireSource wire_;
  TensorSource tensors_;
  FunctionLibrary functions_;
  Graph graph_;
  SymbolNames symbols_;
  std::optional<std::string_view> graph_bytes_;
  std::vector<std::string_view> nodes_, initializers_, inputs_, outputs_, value_infos_;
  std::unordered_map<std::string, ValueId> ids_;
  std::unordered_set<ValueId> is_input_;
};

}  // namespace

static Graph parse(std::string_view bytes, const std::string& name, const ImportOptions& options,
                   const std::string& folder, std::shared_ptr<const void> owner) {
  Graph graph = within(name, [&] { return Importer(bytes, name, options, folder, std::move(owner)).run(); });
  if (options.lift) lift(graph);
  return graph;
}

Graph parse_onnx(std::string_view bytes, const std::string& name, const ImportOptions& options,
                 const std::string& folder) {
  return parse(bytes, name, options, folder, nullptr);
}

Graph import_onnx(const std::string& path, const ImportOptions& options) {
  const std::shared_ptr<const MappedFile> file = MappedFile::open(path, options.max_bytes);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return parse({reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()}, path, options,
               folder.empty() ? "." : folder.string(), file);
}

}  // namespace pare
