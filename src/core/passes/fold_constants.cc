// Nodes that only depend on constants, and integer chains that shapes determine, become constants.
#include <algorithm>

#include "core/edit.h"
#include "core/infer.h"
#include "core/passes/evaluate.h"
#include "core/passes/pass.h"
#include "core/passes/rewrite.h"

namespace pare {
namespace {

// A result may be this large even if its inputs are smaller; more would trade bytes for a cheap op.
constexpr size_t kMaxGrowth = 4096;

// Elements that inference found, as the tensor they are.
std::optional<Tensor> tensor_of(const TensorFacts& facts) {
  if (!facts.value || !facts.dims || !is_integer(facts.dtype)) return {};
  const auto shape = known_shape(*facts.dims), elements = known_shape(*facts.value);
  if (!shape || !elements || element_count(*shape) != static_cast<int64_t>(elements->size())) return {};
  return cast(Tensor::of<int64_t>(*shape, *elements), facts.dtype);
}

class ConstantFolder {
 public:
  explicit ConstantFolder(Graph& graph) : graph_(graph), facts_(infer_facts(graph)) {}

  bool run() {
    bool changed = false;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      // The quantizers are decisions, not arithmetic: fold_qdq keeps them as encodings.
      if (node.dead || node.op == OpKind::quantize_linear || node.op == OpKind::dequantize_linear) continue;
      if (!replaceable(node)) continue;
      std::vector<Tensor> results = known_elements(node);
      if (results.empty()) results = computed(node);
      if (results.empty()) continue;
      replace(static_cast<NodeId>(i), std::move(results));
      changed = true;
    }
    return changed;
  }

 private:
  // Graph outputs stay what a node makes: runtimes expect that of them.
  bool replaceable(const Node& node) const {
    return !node.outputs.empty() && std::all_of(node.outputs.begin(), node.outputs.end(), [&](ValueId id) {
      return id != kNoValue && !has_public_name(graph_, id) && !graph_.value(id).activation_grid;
    });
  }

  std::vector<Tensor> known_elements(const Node& node) const {
    std::vector<Tensor> results;
    for (const ValueId id : node.outputs) {
      if (static_cast<size_t>(id) >= facts_.size()) return {};
      auto tensor = tensor_of(facts_[static_cast<size_t>(id)]);
      if (!tensor) return {};
      results.push_back(std::move(*tensor));
    }
    return results;
  }

  std::vector<Tensor> computed(const Node& node) const {
    std::vector<const Tensor*> inputs;
    size_t input_bytes = 0;
    for (const ValueId id : node.inputs) {
      if (id == kNoValue) {
        inputs.push_back(nullptr);
        continue;
      }
      const Value& value = graph_.value(id);
      if (!value.constant || !value.encoding.empty() || !same_source(node, value)) return {};
      if (value.users.size() == 1) input_bytes += value.constant->byte_size();
      inputs.push_back(&*value.constant);
    }
    std::vector<Shape> shapes;
    size_t output_bytes = 0;
    for (const ValueId id : node.outputs) {
      const Value& value = graph_.value(id);
      const auto shape = value.dims ? known_shape(*value.dims) : std::nullopt;
      const auto count = shape ? element_count(*shape) : std::nullopt;
      if (!count || value.dtype == DType::none) return {};
      output_bytes += static_cast<size_t>(*count) * size_of(value.dtype);
      if (output_bytes > std::max(kMaxGrowth, input_bytes)) return {};
      shapes.push_back(*shape);
    }
    return evaluate(node, inputs, shapes).value_or(std::vector<Tensor>{});
  }

  // Float constants that leave in another type than they are computed in (f16) go on doing so; a cast or a mix of types
  // would have to round on the way.
  bool same_source(const Node& node, const Value& value) const {
    if (!is_float(value.dtype)) return true;
    if (node.op == OpKind::cast) return value.source_dtype == DType::none;
    const DType source = source_of(node);
    return value.source_dtype == source;
  }
  DType source_of(const Node& node) const {
    for (const ValueId id : node.inputs) {
      if (id != kNoValue && is_float(graph_.value(id).dtype)) return graph_.value(id).source_dtype;
    }
    return DType::none;
  }

  void replace(NodeId id, std::vector<Tensor> results) {
    const std::vector<ValueId> outputs = graph_.node(id).outputs, inputs = graph_.node(id).inputs;
    const DType source = source_of(graph_.node(id));
    const bool trainable = std::any_of(inputs.begin(), inputs.end(),
                                       [&](ValueId v) { return v != kNoValue && graph_.value(v).trainable; });
    for (size_t i = 0; i < outputs.size(); ++i) {
      const bool real = is_float(results[i].dtype());
      const ValueId constant = replace_by_constant(graph_, outputs[i], std::move(results[i]));
      if (real) graph_.value(constant).source_dtype = source;
      graph_.value(constant).trainable = real && trainable;
    }
    remove_node(graph_, id);
  }

  Graph& graph_;
  std::vector<TensorFacts> facts_;
};

bool fold_constants(Graph& graph) { return ConstantFolder(graph).run(); }

}  // namespace

extern const PassDef pass_fold_constants;
const PassDef pass_fold_constants{"fold_constants", "compute what depends on constants and known shapes only",
                                  fold_constants, true};

}  // namespace pare
