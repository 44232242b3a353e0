#include <cstring>
#include <unordered_map>

#include "core/error.h"
#include "core/graph.h"
#include "core/op_def.h"

namespace pare {
namespace {

class Verifier {
 public:
  explicit Verifier(const Graph& graph) : graph_(graph) {}

  void run() {
    check_ids();
    check_names();
    check_order();
    check_links();
    for (const Value& value : graph_.values) check_value(value);
    if (graph_.opset() == 17) {  // op facts are those of the canonical form
      for (const Node& node : graph_.nodes) {
        if (!node.dead) check_node(node);
      }
    }
  }

 private:
  bool in_range(ValueId id) const { return id >= 0 && static_cast<size_t>(id) < graph_.values.size(); }

  void check_ids() const {
    for (const Node& node : graph_.nodes) {
      if (node.dead) continue;
      for (const auto* list : {&node.inputs, &node.outputs}) {
        for (const ValueId id : *list) {
          if (id != kNoValue && !in_range(id))
            fail(Code::internal, "{} '{}' refers to value {}, which does not exist", node.type, node.name, id);
        }
      }
      for (const ValueId id : node.captured) {
        if (!in_range(id))
          fail(Code::internal, "{} '{}' captures value {}, which does not exist", node.type, node.name, id);
      }
    }
    for (const auto* list : {&graph_.inputs, &graph_.outputs}) {
      for (const ValueId id : *list) {
        if (!in_range(id))
          fail(Code::internal, "the graph's inputs or outputs refer to value {}, which does not exist", id);
      }
    }
  }

  void check_names() const {
    std::unordered_map<std::string_view, size_t> seen;
    for (size_t i = 0; i < graph_.values.size(); ++i) {
      const std::string& name = graph_.values[i].name;
      if (name.empty()) fail(Code::invalid, "value {} has no name", i);
      if (!seen.emplace(name, i).second) fail(Code::invalid, "two values are named '{}'", name);
    }
  }

  // Producers come first, every value is made once, and nothing is read that nobody makes.
  void check_order() const {
    std::vector<bool> made(graph_.values.size());
    for (const ValueId id : graph_.inputs) {
      const Value& value = graph_.value(id);
      if (value.constant) fail(Code::invalid, "graph input '{}' is a constant", value.name);
      if (made[static_cast<size_t>(id)]) fail(Code::invalid, "'{}' is a graph input twice", value.name);
      made[static_cast<size_t>(id)] = true;
    }
    for (size_t i = 0; i < graph_.values.size(); ++i) made[i] = made[i] || graph_.values[i].constant;
    for (const Node& node : graph_.nodes) {
      if (node.dead) continue;
      for (const auto* list : {&node.inputs, &node.captured}) {
        for (const ValueId id : *list) {
          if (id == kNoValue || made[static_cast<size_t>(id)]) continue;
          fail(Code::invalid, "{} reads '{}' before anything makes it", graph_.label(node), graph_.value(id).name);
        }
      }
      for (const ValueId id : node.outputs) {
        if (id == kNoValue) continue;
        if (made[static_cast<size_t>(id)])
          fail(Code::invalid, "{} makes '{}', which is made already", graph_.label(node), graph_.value(id).name);
        made[static_cast<size_t>(id)] = true;
      }
    }
    for (const ValueId id : graph_.outputs) {
      if (!made[static_cast<size_t>(id)]) fail(Code::invalid, "nothing makes graph output '{}'", graph_.value(id).name);
    }
  }

  void check_links() const {
    std::vector<NodeId> producer(graph_.values.size(), kNoNode);
    std::vector<std::vector<NodeId>> users(graph_.values.size());
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (node.dead) continue;
      for (const auto* list : {&node.inputs, &node.captured}) {
        for (const ValueId id : *list) {
          if (id != kNoValue) users[static_cast<size_t>(id)].push_back(static_cast<NodeId>(i));
        }
      }
      for (const ValueId id : node.outputs) {
        if (id != kNoValue) producer[static_cast<size_t>(id)] = static_cast<NodeId>(i);
      }
    }
    for (size_t i = 0; i < graph_.values.size(); ++i) {
      const Value& value = graph_.values[i];
      if (value.producer != producer[i]) fail(Code::internal, "'{}' has the wrong producer", value.name);
      if (value.users != users[i]) fail(Code::internal, "'{}' has the wrong users", value.name);
    }
  }

  void check_value(const Value& value) const {
    if (!value.constant) {
      if (!value.encoding.empty()) fail(Code::invalid, "'{}' has an encoding but no constant", value.name);
      if (value.trainable) fail(Code::invalid, "'{}' is trainable but no constant", value.name);
      if (value.activation_grid) check_activation_grid(value);
      return;
    }
    const Tensor& tensor = *value.constant;
    if (tensor.dtype() == DType::none) fail(Code::invalid, "constant '{}' is empty", value.name);
    if (value.dtype != tensor.dtype()) {
      fail(Code::invalid, "constant '{}' is {} and says {}", value.name, name_of(tensor.dtype()), name_of(value.dtype));
    }
    if (!value.dims || *value.dims != to_dims(tensor.shape()))
      fail(Code::invalid, "constant '{}' has another shape than its tensor", value.name);
    if (value.activation_grid) fail(Code::invalid, "constant '{}' has an activation grid", value.name);
    if (!value.encoding.empty()) check_encoding(value, tensor);
  }

  static void check_activation_grid(const Value& value) {
    Shape shape;  // what is unknown counts as 1: only a grid with one scale for all elements fits it
    if (value.dims) {
      for (const Dim& dim : *value.dims) shape.push_back(dim.known() ? dim.factor : 1);
    }
    if (const Status status = check(*value.activation_grid, shape); !status.ok())
      raise(status, fmt::format("activation grid of '{}'", value.name));
  }

  static void check_encoding(const Value& value, const Tensor& tensor) {
    const Encoding& encoding = value.encoding;
    if (encoding.grid.has_value() != encoding.levels.has_value())
      fail(Code::invalid, "'{}' has a grid without levels, or levels without a grid", value.name);
    if (encoding.grid) check_levels(value.name, *encoding.grid, *encoding.levels, tensor);
    if (encoding.mask) check_mask(value.name, *encoding.mask, tensor);
  }

  static void check_levels(const std::string& name, const Grid& grid, const Tensor& levels, const Tensor& tensor) {
    if (tensor.dtype() != DType::f32) fail(Code::invalid, "'{}' has a grid and is {}", name, name_of(tensor.dtype()));
    if (const Status status = check(grid, tensor.shape()); !status.ok())
      raise(status, fmt::format("grid of '{}'", name));
    if (levels.dtype() != DType::i32)
      fail(Code::invalid, "levels of '{}' are {}, not i32", name, name_of(levels.dtype()));
    for (const int32_t level : levels.view<int32_t>()) {
      if (level < grid.lowest() || level > grid.highest()) {
        fail(Code::invalid, "level {} of '{}' is outside of {} to {}", level, name, grid.lowest(), grid.highest());
      }
    }
    const Tensor values = take(dequantize(grid, levels, tensor.shape()), fmt::format("levels of '{}'", name));
    const auto made = values.bytes(), stored = tensor.bytes();
    if (made.size() != stored.size() || std::memcmp(made.data(), stored.data(), made.size()) != 0) {
      fail(Code::invalid, "the levels of '{}' do not give its values", name);
    }
  }

  static void check_mask(const std::string& name, const BitMask& mask, const Tensor& tensor) {
    if (static_cast<int64_t>(mask.size()) != tensor.size()) {
      fail(Code::invalid, "the mask of '{}' has {} bits for {} elements", name, mask.size(), tensor.size());
    }
    if (tensor.dtype() != DType::f32) fail(Code::invalid, "'{}' has a mask and is {}", name, name_of(tensor.dtype()));
    const auto values = tensor.view<float>();
    for (size_t i = 0; i < values.size(); ++i) {
      if (!mask[i] && values[i] != 0) fail(Code::invalid, "element {} of '{}' is masked and not zero", i, name);
    }
  }

  void check_node(const Node& node) const {
    if (node.op == OpKind::unknown) return;
    const OpDef* def = op_def(node.op);
    if (!def || node.type != def->name) fail(Code::internal, "{} has the facts of another op", graph_.label(node));
    const auto count = [](const std::vector<ValueId>& ids) {
      size_t n = ids.size();
      while (n > 0 && ids[n - 1] == kNoValue) --n;
      return static_cast<int>(n);
    };
    if (count(node.inputs) < def->min_inputs || (def->max_inputs >= 0 && count(node.inputs) > def->max_inputs)) {
      fail(Code::invalid, "{} has {} inputs", graph_.label(node), count(node.inputs));
    }
    for (int i = 0; i < def->min_inputs; ++i) {
      if (!graph_.has_input(node, static_cast<size_t>(i)))
        fail(Code::invalid, "{} lacks input {}", graph_.label(node), i);
    }
    if (count(node.outputs) < 1 || (def->max_outputs >= 0 && count(node.outputs) > def->max_outputs)) {
      fail(Code::invalid, "{} has {} outputs", graph_.label(node), count(node.outputs));
    }
    for (const auto& [name, value] : node.attributes) {
      for (const AttributeSpec& spec : def->attributes) {
        if (spec.name == name && !has_type(value, spec.type))
          fail(Code::invalid, "{}: attribute '{}' has the wrong type", graph_.label(node), name);
      }
    }
  }

  static bool has_type(const AttributeValue& value, AttributeType type) {
    switch (type) {
      case AttributeType::integer:
        return std::holds_alternative<int64_t>(value);
      case AttributeType::real:
        return std::holds_alternative<float>(value);
      case AttributeType::text:
        return std::holds_alternative<std::string>(value);
      case AttributeType::integers:
        return std::holds_alternative<std::vector<int64_t>>(value);
      case AttributeType::reals:
        return std::holds_alternative<std::vector<float>>(value);
      case AttributeType::texts:
        return std::holds_alternative<std::vector<std::string>>(value);
      case AttributeType::tensor:
        return std::holds_alternative<Tensor>(value);
    }
    return false;
  }

  const Graph& graph_;
};

}  // namespace

void verify(const Graph& graph) {
  if (graph.source.empty()) return Verifier(graph).run();
  within(graph.source, [&] { Verifier(graph).run(); });
}

}  // namespace pare
