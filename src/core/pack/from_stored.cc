#include <algorithm>
#include <unordered_set>

#include "core/edit.h"
#include "core/error.h"
#include "core/pack/stored.h"

namespace pare {

namespace {

std::vector<int32_t> to_ids(const std::vector<int64_t>& stored) {
  return {stored.begin(), stored.end()};
}  // the reader checked ranges

constexpr uint64_t kHighestOpset = 1000;             // none is near it
constexpr uint32_t kHighestSymbol = UINT32_MAX / 2;  // so that there is room for new ones

class Restoring {
 public:
  Restoring(const PareFile& file, const std::vector<DecodedTensor>* tensors) : file_(file), tensors_(tensors) {}

  Graph run() {
    const StoredGraph& g = file_.graph();
    restore_origin(g);
    for (const StoredValue& v : g.values) restore(v);
    for (const StoredNode& n : g.nodes) restore(n);
    graph_.inputs = to_ids(g.inputs);
    graph_.outputs = to_ids(g.outputs);
    name_the_nameless();
    rebuild_links(graph_);
    return std::move(graph_);
  }

 private:
  void restore_origin(const StoredGraph& g) {
    Origin& o = graph_.origin;
    o.ir_version = g.ir_version;
    o.model_version = g.model_version;
    o.opsets.clear();
    for (const StoredOpset& s : g.opsets) o.opsets.push_back({s.domain, s.version});
    o.producer_name = g.producer_name;
    o.producer_version = g.producer_version;
    o.domain = g.domain;
    o.doc = g.doc;
    o.graph_name = g.graph_name;
    o.graph_doc = g.graph_doc;
    for (const StoredText& m : g.metadata) o.metadata.emplace_back(m.key, m.value);
    for (const StoredSymbol& s : g.symbols) graph_.symbols.emplace(symbol(s.number), s.name);
    graph_.next_symbol = std::max(symbol(g.next_symbol), uint32_t{1});  // 0 would say "a known size"
  }

  static uint32_t symbol(uint64_t number) {
    if (number > kHighestSymbol) fail(Code::corrupt, "number of a symbol is too large");
    return static_cast<uint32_t>(number);
  }

  void restore(const StoredValue& v) {
    Value& value = graph_.values.emplace_back();
    value.name = v.name;
    value.dtype = v.dtype;
    value.source_dtype = v.source_dtype;
    for (const Dim& dim : v.dims.value_or(Dims{})) {
      if (dim.factor < 0 || dim.symbol > kHighestSymbol) fail(Code::corrupt, "'{}' has a bad dimension", v.name);
      graph_.next_symbol = std::max(graph_.next_symbol, dim.symbol + 1);  // what is handed out later must be new
    }
    value.dims = v.dims;
    value.trainable = v.trainable;
    value.activation_grid = v.activation_grid;
    if (v.tensor == kNoTensor) return;
    const StoredTensor& stored = file_.tensors()[static_cast<size_t>(v.tensor)];
    if (v.dims_of_tensor) value.dims = to_dims(stored.shape);
    value.encoding.grid = stored.grid;
    value.encoding.codec = stored.wanted_codec;
    if (!tensors_) return;
    const DecodedTensor& decoded = (*tensors_)[static_cast<size_t>(v.tensor)];
    value.constant = decoded.tensor;  // shared, not copied
    value.encoding.grid = decoded.grid;
    value.encoding.levels = decoded.levels;
    value.encoding.mask = decoded.mask;
  }

  void restore(const StoredNode& n) {
    Node& node = graph_.nodes.emplace_back();
    const auto op = static_cast<OpKind>(n.op);
    const bool known = n.op <= UINT16_MAX && !onnx_name(op).empty();
    if (known) node.op = op;
    node.type = n.type.empty() && known ? std::string(onnx_name(op)) : n.type;
    if (node.type.empty())
      fail(Code::unsupported, "node '{}' has op {}, which this version does not know", n.name, n.op);
    node.domain = n.domain;
    node.name = n.name;
    node.doc = n.doc;
    if (n.version > kHighestOpset) fail(Code::corrupt, "node '{}' is of opset {}", n.name, n.version);
    node.version = static_cast<int64_t>(n.version);
    if (n.attributes.size() > kMostAttributes) fail(Code::limit, "node '{}' has too many attributes", n.name);
    node.inputs = to_ids(n.inputs);
    node.outputs = to_ids(n.outputs);
    node.captured = to_ids(n.captured);
    for (const StoredAttribute& a : n.attributes) {
      if (a.tensor == kNoTensor) {
        node.attributes.set(a.name, a.value);
      } else {
        node.attributes.set(a.name, tensors_ ? (*tensors_)[static_cast<size_t>(a.tensor)].tensor : Tensor());
      }
    }
  }

  // Values of a stripped file get names that no other value has.
  void name_the_nameless() {
    std::unordered_set<std::string> taken;
    for (const Value& v : graph_.values) taken.insert(v.name);
    size_t number = 0;
    for (Value& v : graph_.values) {
      while (v.name.empty()) {
        std::string name = fmt::format("v{}", number++);
        if (taken.insert(name).second) v.name = std::move(name);
      }
    }
  }

  const PareFile& file_;
  const std::vector<DecodedTensor>* tensors_;
  Graph graph_;
};

}  // namespace

Graph from_stored(const PareFile& file, const std::vector<DecodedTensor>* tensors) {
  return Restoring(file, tensors).run();
}

std::vector<std::string> tensor_names(const StoredGraph& graph) {
  std::vector<std::string> names;
  auto name = [&](int64_t tensor, const std::string& text) {
    if (tensor == kNoTensor) return;
    const auto at = static_cast<size_t>(tensor);
    if (at >= names.size()) names.resize(at + 1);
    names[at] = text;
  };
  for (const StoredValue& v : graph.values) name(v.tensor, v.name);
  for (const StoredNode& n : graph.nodes)
    for (const StoredAttribute& a : n.attributes) name(a.tensor, n.name);
  return names;
}

}  // namespace pare
