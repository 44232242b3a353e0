#include <algorithm>

#include "core/edit.h"
#include "core/error.h"
#include "core/onnx/opset.h"
#include "format/onnx_dtype.h"

namespace pare {
namespace {

bool is_foreign(DType type) { return is_float(type) && type != DType::f32; }
bool is_carried(const Node& node) { return node.op == OpKind::unknown; }

class ToF32 {
 public:
  explicit ToF32(Graph& graph) : graph_(graph) {}

  void run() {
    const auto& values = graph_.values;
    if (std::none_of(values.begin(), values.end(), [](const Value& v) { return is_foreign(v.dtype); })) return;
    const size_t nodes = graph_.nodes.size(), count = values.size();
    for (size_t i = 0; i < nodes; ++i) fence_carried(static_cast<NodeId>(i));
    for (const ValueId input : graph_.inputs) widen_uses(input);
    for (size_t i = 0; i < nodes; ++i) retarget_cast(graph_.node(static_cast<NodeId>(i)));
    for (size_t i = 0; i < count; ++i) widen_constant(static_cast<ValueId>(i));
    for (ValueId& output : graph_.outputs) restore_output(output);
    for (size_t i = 0; i < nodes; ++i) absorb_cast(static_cast<NodeId>(i));
    sort_topologically(graph_);
  }

 private:
  ValueId cast_to(ValueId from, DType type) {
    const std::string name = unique_name(graph_, graph_.value(from).name + "_" + std::string(name_of(type)));
    const ValueId to = add_value(graph_, name, type, graph_.value(from).dims);
    Node node;
    node.name = name;
    node.op = OpKind::cast;
    node.type = onnx_name(OpKind::cast);
    node.inputs = {from};
    node.outputs = {to};
    node.attributes.set("to", int64_t{dtype_to_onnx(type)});
    add_node(graph_, std::move(node));
    return to;
  }

  // An op we do not know goes on reading and writing the types it was made for.
  void fence_carried(NodeId id) {
    if (graph_.node(id).dead || !is_carried(graph_.node(id))) return;
    bool reads_foreign = false;
    for (size_t i = 0; i < graph_.node(id).inputs.size(); ++i) {
      const ValueId input = graph_.node(id).inputs[i];
      if (input == kNoValue || !is_foreign(graph_.value(input).dtype)) continue;
      reads_foreign = true;
      if (keeps_type(input)) continue;
      const DType type = graph_.value(input).dtype;
      set_input(graph_, id, i, cast_to(input, type));
    }
    for (const ValueId captured : graph_.node(id).captured) {
      if (is_foreign(graph_.value(captured).dtype)) {
        fail(Code::unsupported, "{} has a sub-graph that reads '{}' of type {}", graph_.label(graph_.node(id)),
             graph_.value(captured).name, name_of(graph_.value(captured).dtype));
      }
    }
    const std::vector<ValueId> outputs = graph_.node(id).outputs;
    for (const ValueId output : outputs) {
      if (output == kNoValue) continue;
      if (reads_foreign && graph_.value(output).dtype == DType::none && !graph_.value(output).users.empty()) {
        fail(Code::unsupported, "{}: the type of its output '{}' is not known", graph_.label(graph_.node(id)),
             graph_.value(output).name);
      }
      widen_uses(output);
    }
  }
  // Values that stay as they are: inputs, what carried ops produce, constants that nobody else reads, and Casts that
  // are there for an output or a carried op.
  bool keeps_type(ValueId id) const {
    const Value& value = graph_.value(id);
    if (is_in(graph_.inputs, id)) return true;
    const auto carried_user = [&](NodeId n) { return is_carried(graph_.node(n)); };
    if (value.constant)
      return !value.users.empty() && std::all_of(value.users.begin(), value.users.end(), carried_user);
    if (value.producer == kNoNode) return false;
    if (is_carried(graph_.node(value.producer))) return true;
    return graph_.node(value.producer).op == OpKind::cast &&
           (is_in(graph_.outputs, id) || std::any_of(value.users.begin(), value.users.end(), carried_user));
  }
  static bool is_in(const std::vector<ValueId>& list, ValueId id) {
    return std::find(list.begin(), list.end(), id) != list.end();
  }

  // Users that we know read an f32 copy of a value that keeps its type.
  void widen_uses(ValueId id) {
    if (id == kNoValue || !is_foreign(graph_.value(id).dtype)) return;
    ValueId wide = kNoValue;
    const std::vector<NodeId> users = graph_.value(id).users;
    for (const NodeId user : users) {
      if (is_carried(graph_.node(user)) || graph_.node(user).op == OpKind::cast) continue;
      for (size_t i = 0; i < graph_.node(user).inputs.size(); ++i) {
        if (graph_.node(user).inputs[i] != id) continue;
        if (wide == kNoValue) wide = cast_to(id, DType::f32);
        set_input(graph_, user, i, wide);
      }
    }
  }

  void retarget_cast(Node& node) {
    if (node.dead || node.op != OpKind::cast || node.outputs.empty()) return;
    if (!is_foreign(dtype_from_onnx(node.attributes.integer("to", 0)))) return;
    if (keeps_type(node.outputs[0])) {
      widen_uses(ValueId{node.outputs[0]});
    } else {
      node.attributes.set("to", int64_t{dtype_to_onnx(DType::f32)});
    }
  }

  void widen_constant(ValueId id) {
    Value& value = graph_.value(id);
    if (!value.constant || !is_foreign(value.constant->dtype()) || keeps_type(id)) return;
    value.source_dtype = value.constant->dtype();
    value.constant = cast(*value.constant, DType::f32);
    value.dtype = DType::f32;
  }

  // The public name and type stay; what was computed gets a name of its own.
  void restore_output(ValueId& output) {
    const Value& value = graph_.value(output);
    const DType type = value.constant && value.source_dtype != DType::none ? value.source_dtype : value.dtype;
    if (!is_foreign(type) || keeps_type(output)) return;
    const ValueId typed = cast_to(output, type);
    std::swap(graph_.value(output).name, graph_.value(typed).name);
    output = typed;
  }

  // Cast of a constant, as our own export writes f16 weights: the result is the constant.
  void absorb_cast(NodeId id) {
    Node& node = graph_.node(id);
    if (node.dead || node.op != OpKind::cast || node.inputs.size() != 1 || node.outputs.size() != 1) return;
    const ValueId from = node.inputs[0], to = node.outputs[0];
    if (from == kNoValue || to == kNoValue || node.attributes.integer("to", 0) != dtype_to_onnx(DType::f32)) return;
    if (graph_.value(from).source_dtype == DType::none || is_in(graph_.outputs, to)) return;
    const Value& source = graph_.value(from);
    Value& target = graph_.value(to);
    target.constant = source.constant;
    target.source_dtype = source.source_dtype;
    target.dtype = source.dtype;
    target.dims = source.dims;
    node.outputs.clear();
    target.producer = kNoNode;
    remove_node(graph_, id);
  }

  Graph& graph_;
};

}  // namespace

void compute_in_f32(Graph& graph) { ToF32(graph).run(); }

}  // namespace pare
