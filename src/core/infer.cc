#include "core/infer.h"

#include <algorithm>
#include <unordered_map>

#include "core/edit.h"
#include "core/error.h"
#include "format/infer.h"

namespace pare {
namespace {

// What the rules may know of a value before any node ran: type, shape, and the elements of small integer constants.
TensorFacts facts_of(const Value& value) {
  return value.constant ? facts_of(*value.constant) : TensorFacts{value.dtype, value.dims, {}, {}};
}

class Inference {
 public:
  explicit Inference(Graph& graph) : graph_(graph), symbols_(graph.next_symbol) {
    facts_.reserve(graph.values.size());
    for (const Value& value : graph.values) facts_.push_back(facts_of(value));
  }
  ~Inference() { graph_.next_symbol = symbols_.next(); }

  std::vector<TensorFacts> take() { return std::move(facts_); }

  void run(NodeId id) {
    const Node& node = graph_.node(id);
    const InferRule rule = node.domain.empty() || node.domain == "ai.onnx" ? infer_rule(node.op) : nullptr;
    if (!rule) return;
    presume_input(node);
    std::vector<const TensorFacts*> inputs;
    for (const ValueId input : node.inputs)
      inputs.push_back(input == kNoValue ? nullptr : &facts_[static_cast<size_t>(input)]);
    std::vector<TensorFacts> outputs(node.outputs.size());
    InferContext context{node.attributes, inputs, outputs, symbols_};
    if (const Status status = rule(context); !status.ok()) {
      const std::string file = graph_.source.empty() ? "" : graph_.source + ": ";
      fail(status.code(), "{}{}: {}{}", file, graph_.label(node), status.what(), describe(inputs));
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (node.outputs[i] != kNoValue) store(node.outputs[i], std::move(outputs[i]));
    }
  }

 private:
  // What a layer says about its input where nothing else does, behind an op without a rule: rank and channels.
  void presume_input(const Node& node) {
    if (node.inputs.size() < 2 || node.inputs[0] == kNoValue || node.inputs[1] == kNoValue) return;
    const TensorFacts& weight = facts_[static_cast<size_t>(node.inputs[1])];
    if (!weight.dims || facts_[static_cast<size_t>(node.inputs[0])].dims) return;
    if (graph_.value(node.inputs[0]).producer == kNoNode) return;
    const Dims& w = *weight.dims;
    Dims dims;
    for (size_t i = 0; i < w.size(); ++i) dims.emplace_back(1, symbols_.fresh());
    const int64_t group = node.attributes.integer("group", 1);
    if (node.op == OpKind::conv && w.size() >= 3 && group >= 1) {
      dims[1] = multiply(w[1], group, symbols_);
    } else if (node.op == OpKind::conv_transpose && w.size() >= 3) {
      dims[1] = w[0];
    } else if (node.op == OpKind::gemm && w.size() == 2) {
      const Dim contracted = w[node.attributes.integer("transB", 0) != 0 ? 1 : 0];
      dims[node.attributes.integer("transA", 0) != 0 ? 0 : 1] = contracted;
    } else {
      return;
    }
    store(node.inputs[0], {weight.dtype, std::move(dims), {}, {}});
  }
  void store(ValueId id, TensorFacts facts) {
    Value& value = graph_.value(id);
    if (facts.dtype != DType::none) value.dtype = facts.dtype;
    if (facts.dims) {
      if (value.dims && value.dims->size() == facts.dims->size()) {
        const bool declared = std::find(graph_.outputs.begin(), graph_.outputs.end(), id) != graph_.outputs.end();
        for (size_t i = 0; i < facts.dims->size(); ++i) keep_symbol((*facts.dims)[i], (*value.dims)[i], declared);
      }
      rename(*facts.dims);
      value.dims = facts.dims;
    }
    if (facts.value) rename(*facts.value);
    facts.dtype = value.dtype;
    facts.dims = value.dims;
    facts_[static_cast<size_t>(id)] = std::move(facts);
  }
  // A dimension that nothing determines keeps the symbol it had: inferring twice changes nothing. A graph output keeps
  // the size that the file declares, too.
  void keep_symbol(const Dim& now, const Dim& before, bool declared) {
    if (now.symbol < first_fresh_ || now.factor != 1) return;
    const bool symbol = before.factor == 1 && before.symbol != 0 && before.symbol < first_fresh_;
    if (symbol || (declared && before.known() && before.factor >= 0)) renamed_.emplace(now.symbol, before);
  }
  void rename(Dims& dims) {
    for (Dim& dim : dims) {
      const auto it = renamed_.find(dim.symbol);
      if (it != renamed_.end()) dim = multiply(Dim(dim.factor), it->second, symbols_);
    }
  }
  static std::string describe(const std::vector<const TensorFacts*>& inputs) {
    std::string text;
    for (const TensorFacts* facts : inputs) {
      if (!text.empty()) text += ", ";
      text += !facts ? "none" : !facts->dims ? "?" : to_text(*facts->dims);
    }
    return text.empty() ? "" : fmt::format(" (inputs {})", text);
  }
  static std::string to_text(const Dims& dims) {
    std::string text = "[";
    for (size_t i = 0; i < dims.size(); ++i)
      text += (i ? "," : "") + (dims[i].known() ? fmt::to_string(dims[i].factor) : "?");
    return text + "]";
  }

  Graph& graph_;
  Symbols symbols_;
  const uint32_t first_fresh_ = symbols_.next();
  std::vector<TensorFacts> facts_;
  std::unordered_map<uint32_t, Dim> renamed_;
};

}  // namespace

std::vector<TensorFacts> infer_facts(Graph& graph) {
  for (Value& value : graph.values) {
    if (!value.constant) continue;
    value.dtype = value.constant->dtype();
    value.dims = to_dims(value.constant->shape());
  }
  Inference inference(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!graph.nodes[i].dead) inference.run(static_cast<NodeId>(i));
  }
  return inference.take();
}

void infer_shapes(Graph& graph) { infer_facts(graph); }

void infer_node(Graph& graph, NodeId node) { Inference(graph).run(node); }

}  // namespace pare
