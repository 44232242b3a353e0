#include <algorithm>

#include "core/error.h"
#include "core/pack/coding_stage.h"
#include "core/pack/stored.h"
#include "core/parallel.h"

namespace pare {

namespace {

class Storing {
 public:
  Storing(const Graph& graph, const PackOptions& options) : graph_(graph), options_(options) {
    if (options.codec != "auto") forced_ = &encoder_named(options.codec);
  }

  StoredModel run() {
    store_origin();
    for (const Value& v : graph_.values) store(v);
    for (const Node& n : graph_.nodes) store(n);
    code_tensors();
    out_.graph.inputs.assign(graph_.inputs.begin(), graph_.inputs.end());
    out_.graph.outputs.assign(graph_.outputs.begin(), graph_.outputs.end());
    if (options_.strip) strip();
    return std::move(out_);
  }

 private:
  void store_origin() {
    const Origin& o = graph_.origin;
    StoredGraph& g = out_.graph;
    g.ir_version = o.ir_version;
    g.model_version = o.model_version;
    for (const auto& [domain, version] : o.opsets) g.opsets.push_back({domain, version});
    g.producer_name = o.producer_name;
    g.producer_version = o.producer_version;
    g.domain = o.domain;
    g.doc = o.doc;
    g.graph_name = o.graph_name;
    g.graph_doc = o.graph_doc;
    for (const auto& [key, value] : o.metadata) g.metadata.push_back({key, value});
    for (const auto& [number, name] : graph_.symbols) g.symbols.push_back({number, name});
    g.next_symbol = graph_.next_symbol;
  }

  void store(const Value& value) {
    StoredValue v;
    v.name = value.name;
    v.dtype = value.dtype;
    v.source_dtype = value.source_dtype;
    v.dims = value.dims;
    v.trainable = value.trainable;
    v.activation_grid = value.activation_grid;
    if (value.constant) {
      v.dims_of_tensor = value.dims == to_dims(value.constant->shape());
      v.tensor = within(value.name,
                        [&] { return add_tensor(value.name, *value.constant, value.source_dtype, value.encoding); });
    }
    out_.graph.values.push_back(std::move(v));
  }

  void store(const Node& node) {
    StoredNode n;
    n.op = static_cast<uint64_t>(node.op);
    if (node.type != onnx_name(node.op)) n.type = node.type;
    n.domain = node.domain;
    n.name = node.name;
    n.doc = node.doc;
    n.version = static_cast<uint64_t>(node.version);
    n.inputs.assign(node.inputs.begin(), node.inputs.end());
    n.outputs.assign(node.outputs.begin(), node.outputs.end());
    n.captured.assign(node.captured.begin(), node.captured.end());
    for (const auto& [name, value] : node.attributes) {
      StoredAttribute& a = n.attributes.emplace_back();
      a.name = name;
      if (const Tensor* tensor = std::get_if<Tensor>(&value)) {
        a.value = Tensor();
        a.tensor = add_tensor(node.name, *tensor, DType::none, {});
      } else {
        a.value = value;
      }
    }
    out_.graph.nodes.push_back(std::move(n));
  }

  // What a TensorCoder wants; tensors are coded at the end, several at a time.
  struct Pending {
    StoredTensor record;
    Tensor payload;  // levels when the record has a grid, else elements
    DType source;
    const BitMask* mask;
    const Encoder* encoder;
  };

  int64_t add_tensor(const std::string& name, const Tensor& tensor, DType source, const Encoding& encoding) {
    ensure(!tensor.empty(), "tensor without an element type");
    Pending p;
    p.record.dtype = p.record.stored = tensor.dtype();
    p.record.shape = tensor.shape();
    p.record.grid = encoding.grid;
    p.record.wanted_codec = encoding.codec;
    p.mask = options_.keep_masks && encoding.mask ? &*encoding.mask : nullptr;
    p.encoder = forced_ ? forced_ : encoding.codec ? encoder_of(*encoding.codec) : nullptr;
    p.payload = encoding.grid ? *encoding.levels : tensor;  // shared, not copied
    p.source = encoding.grid ? DType::none : source;
    pending_.push_back(std::move(p));
    out_.names.push_back(name);
    return static_cast<int64_t>(pending_.size()) - 1;
  }

  // A few tensors at a time, and their chunks at the same time: what narrowing copies is gone before the next ones.
  void code_tensors() {
    constexpr int64_t kElementsAtOnce = int64_t{16} * kChunkElements;
    uint64_t elements_in_all = 0;
    for (const Pending& p : pending_) elements_in_all += static_cast<uint64_t>(p.payload.size());
    CodingStage stage(options_.progress ? *options_.progress : Progress::quiet(), "packing", 2 * elements_in_all);
    for (size_t first = 0; first < pending_.size();) {
      size_t last = first;
      for (int64_t elements = 0; last < pending_.size() && elements < kElementsAtOnce; ++last)
        elements += pending_[last].payload.size();
      code_tensors(std::span(pending_).subspan(first, last - first), stage);
      first = last;
    }
  }

  void code_tensors(std::span<Pending> some, CodingStage& stage) {
    std::vector<std::optional<TensorCoder>> coders(some.size());
    parallel_for(some.size(), [&](size_t i) {
      Pending& p = some[i];
      p.payload = narrowed(p.payload, p.source);
      if (!p.record.grid) p.record.stored = p.payload.dtype();
      const auto levels = p.record.grid ? p.payload.view<int32_t>() : std::span<const int32_t>();
      const auto elements = p.record.grid ? std::span<const std::byte>() : p.payload.bytes();
      coders[i].emplace(std::move(p.record), levels, elements, p.mask, p.encoder);
    });
    struct Chunk {
      TensorCoder* coder;
      size_t index;
      uint64_t share;  // of the tensor's elements, for the bar
    };
    std::vector<Chunk> chunks;
    for (size_t i = 0; i < some.size(); ++i)
      for (size_t chunk = 0; chunk < coders[i]->chunks(); ++chunk)
        chunks.push_back({&*coders[i], chunk, static_cast<uint64_t>(some[i].payload.size()) / coders[i]->chunks()});
    parallel_for(chunks.size(), [&](size_t i) {
      chunks[i].coder->estimate(chunks[i].index);
      stage.done(chunks[i].share);
    });
    for (auto& coder : coders) coder->choose();
    parallel_for(chunks.size(), [&](size_t i) {
      chunks[i].coder->encode(chunks[i].index);
      stage.done(chunks[i].share);
    });
    for (size_t i = 0; i < some.size(); ++i) {
      out_.tensors.push_back(coders[i]->finish());
      some[i].payload = Tensor();
    }
  }

  static const Encoder* encoder_of(CodecId id) {
    for (const Encoder* e : encoder_list())
      if (e->id == id) return e;
    fail(Code::invalid, "unknown codec {}", id);
  }

  // Weights that came as f16 or bf16 are computed in f32; they go back to what they were when that loses nothing.
  static Tensor narrowed(const Tensor& tensor, DType source) {
    if (!is_float(source) || !is_float(tensor.dtype()) || size_of(source) >= size_of(tensor.dtype())) return tensor;
    Tensor narrow = cast(tensor, source);
    return cast(narrow, tensor.dtype()) == tensor ? narrow : tensor;
  }

  // Names of inputs, outputs and of what opaque sub-graphs refer to are needed; the rest is for people.
  void strip() {
    StoredGraph& g = out_.graph;
    std::vector<bool> needed(g.values.size(), false);
    auto need = [&](const std::vector<int64_t>& ids) {
      for (int64_t id : ids) needed[static_cast<size_t>(id)] = true;
    };
    need(g.inputs);
    need(g.outputs);
    for (StoredNode& n : g.nodes) {
      need(n.captured);
      n.name.clear();
      n.doc.clear();
    }
    for (size_t i = 0; i < g.values.size(); ++i)
      if (!needed[i]) g.values[i].name.clear();
    g.doc.clear();
    g.graph_name.clear();
    g.graph_doc.clear();
    std::erase_if(g.metadata, [](const StoredText& m) { return !m.key.starts_with("pare."); });
    out_.names.assign(out_.names.size(), "");
  }

  const Graph& graph_;
  const PackOptions& options_;
  const Encoder* forced_ = nullptr;
  std::vector<Pending> pending_;
  StoredModel out_;
};

}  // namespace

StoredModel to_stored(const Graph& graph, const PackOptions& options) { return Storing(graph, options).run(); }

}  // namespace pare
