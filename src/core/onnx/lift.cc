#include <algorithm>
#include <unordered_set>

#include "core/edit.h"
#include "core/error.h"
#include "core/onnx/onnx.h"
#include "core/onnx/opset.h"
#include "core/op_def.h"

namespace pare {
namespace {

// The tensor of a Constant node; nothing for strings and sparse tensors, which stay nodes.
std::optional<Tensor> constant_of(const Attributes& attributes) {
  if (const AttributeValue* v = attributes.find("value")) {
    if (const auto* tensor = std::get_if<Tensor>(v)) return *tensor;
  }
  if (const AttributeValue* v = attributes.find("value_float")) return Tensor::scalar(std::get<float>(*v));
  if (const AttributeValue* v = attributes.find("value_int")) return Tensor::scalar(std::get<int64_t>(*v));
  if (const AttributeValue* v = attributes.find("value_floats")) {
    const auto& values = std::get<std::vector<float>>(*v);
    return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
  }
  if (const AttributeValue* v = attributes.find("value_ints")) {
    const auto& values = std::get<std::vector<int64_t>>(*v);
    return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values);
  }
  return {};
}

// The output of a Constant node becomes a constant with the same name.
void fold_constant_node(Graph& graph, NodeId id) {
  Node& node = graph.node(id);
  std::optional<Tensor> tensor;
  try {
    tensor = constant_of(node.attributes);
  } catch (const std::bad_variant_access&) {
    fail(Code::invalid, "{}: its value has the wrong attribute type", graph.label(node));
  }
  if (!tensor || node.outputs.size() != 1 || node.outputs[0] == kNoValue) return;
  Value& value = graph.value(node.outputs[0]);
  value.dtype = tensor->dtype();
  value.dims = to_dims(tensor->shape());
  value.constant = std::move(tensor);
  value.producer = kNoNode;
  node.outputs.clear();
  remove_node(graph, id);
}

// Calls change(id) once for every live node that is there at the start; it may insert, append and remove nodes.
template <class Change>
void change_nodes(Graph& graph, Change&& change) {
  std::unordered_multiset<std::string> waiting;
  for (const Node& node : graph.nodes) {
    if (!node.dead) waiting.insert(node.name);
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto it = graph.nodes[i].dead ? waiting.end() : waiting.find(graph.nodes[i].name);
    if (it == waiting.end()) continue;
    waiting.erase(it);
    change(static_cast<NodeId>(i));
  }
}

// What the canonical opset cannot say is carried like an op we do not know: exported as it came.
void carry(Node& node, int64_t version) {
  node.op = OpKind::unknown;
  node.version = version;
}

void lift_nodes(Graph& graph, int64_t version, bool need_facts) {
  change_nodes(graph, [&](NodeId id) {
    const OpDef* def = op_def(graph.node(id).op);
    if (def == nullptr || def->lift == nullptr || def->lift_needs_facts != need_facts) return;
    within(graph.label(graph.node(id)), [&] {
      try {
        def->lift(graph, id, version);
      } catch (const Error& e) {
        if (version < kCanonicalOpset || e.code() != Code::unsupported) throw;
        carry(graph.node(id), version);
      }
    });
  });
}

// Attributes that came after the canonical opset and that no lift took away change what an op means.
void carry_newer_forms(Graph& graph, int64_t version, bool all_lifted) {
  if (version <= kCanonicalOpset) return;
  for (Node& node : graph.nodes) {
    const OpDef* def = node.dead ? nullptr : op_def(node.op);
    if (def == nullptr || (def->lift_needs_facts && !all_lifted)) continue;
    const auto known = [&](const std::string& name) {
      return std::any_of(def->attributes.begin(), def->attributes.end(), [&](const auto& a) { return a.name == name; });
    };
    for (const auto& [name, value] : node.attributes) {
      if (known(name)) continue;
      carry(node, version);
      break;
    }
  }
}

void prepare(Graph& graph, int64_t version) {
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    if (node.dead) continue;
    if (node.op == OpKind::constant) fold_constant_node(graph, static_cast<NodeId>(i));
    if (node.op == OpKind::unknown && node.domain.empty() && node.version == 0) node.version = version;
  }
}

void set_default_opset(Graph& graph, int64_t version) {
  for (OpsetImport& opset : graph.origin.opsets) {
    if (opset.domain.empty()) opset.version = version;
  }
}

}  // namespace

void lift(Graph& graph) {
  const int64_t version = graph.opset();
  const auto in_file = [&](auto&& body) { within(graph.source.empty() ? std::string("graph") : graph.source, body); };
  in_file([&] {
    ensure(version >= kOldestImport && version <= kNewestOpset, "opset {} of the default domain", version);
    mark_stored_parameters(graph);
    prepare(graph, version);
    if (version != kCanonicalOpset) lift_nodes(graph, version, false);
    carry_newer_forms(graph, version, false);
  });
  infer_shapes(graph);  // names the file itself
  if (version != kCanonicalOpset) {
    in_file([&] { lift_nodes(graph, version, true); });
    carry_newer_forms(graph, version, true);
    infer_shapes(graph);
  }
  set_default_opset(graph, kCanonicalOpset);
  graph.origin.ir_version = ir_version_of(kCanonicalOpset);
  in_file([&] { compute_in_f32(graph); });
  infer_shapes(graph);
  compact(graph);
  in_file([&] { verify(graph); });
}

void lower(Graph& graph, int64_t version) {
  if (version < kOldestExport || version > kNewestOpset) {
    fail(Code::unsupported, "export to opset {} (supported: {} to {})", version, kOldestExport, kNewestOpset);
  }
  change_nodes(graph, [&](NodeId id) {
    const Node& node = graph.node(id);
    check_carried(graph, node, node.version != 0 ? node.version : kCanonicalOpset, version);
    const OpDef* def = op_def(node.op);
    if (def == nullptr) return;
    if (def->since > version)
      fail(Code::unsupported, "{} does not exist in opset {} (it came with {})", graph.label(node), version,
           def->since);
    if (def->lower == nullptr) return;
    within(graph.label(node), [&] { def->lower(graph, id, version); });
  });
  set_default_opset(graph, version);
  graph.origin.ir_version = ir_version_of(version);
}

int64_t ir_version_of(int64_t opset) {
  if (opset <= 8) return 3;
  if (opset <= 11) return opset - 5;  // 9: 4, 10: 5, 11: 6
  if (opset <= 14) return 7;
  if (opset <= 18) return 8;
  return opset <= 20 ? 9 : 10;
}

}  // namespace pare
