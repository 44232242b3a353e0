#include <algorithm>
#include <cmath>

#include "core/classifier.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/random.h"

namespace pare {
namespace {

class Replacement {
 public:
  Replacement(Graph& graph, const Classifier& old, int64_t classes, uint64_t seed)
      : graph_(graph), old_(old), classes_(classes), seed_(seed) {}

  void run() {
    const std::vector<Layer> all = layers(graph_);
    const Layer layer = *std::find_if(all.begin(), all.end(), [&](const Layer& l) { return l.node == old_.node; });
    weight(layer);
    const Node& node = graph_.node(old_.node);
    if (node.op != OpKind::matmul && graph_.constant_input(node, 2)) widen(old_.node, 2, 0);
    for (const NodeId behind : nodes_behind()) adapt(behind);
  }

 private:
  // Puts `tensor` in the place of a node's constant input. The old one's name moves when nobody else reads it.
  void put(NodeId node, size_t input, Tensor tensor) {
    const ValueId before = graph_.node(node).inputs[input];
    const ValueId fresh = add_constant(graph_, unique_name(graph_, graph_.value(before).name), std::move(tensor));
    graph_.value(fresh).source_dtype = graph_.value(before).source_dtype;
    graph_.value(fresh).trainable = graph_.value(before).trainable;
    set_input(graph_, node, input, fresh);
    if (graph_.value(before).users.empty() && !has_public_name(graph_, before))
      std::swap(graph_.value(before).name, graph_.value(fresh).name);
  }

  void weight(const Layer& layer) {
    const Node& node = graph_.node(layer.node);
    const size_t input = node.inputs[0] == layer.weight ? 0 : 1;
    const bool rows = node.op == OpKind::conv ||
                      (node.op == OpKind::gemm && node.attributes.integer("transB", 0) != 0) ||
                      (node.op == OpKind::matmul && input == 0);
    const Tensor& before = *graph_.value(layer.weight).constant;
    Shape shape = before.shape();
    const int64_t fan_in = before.size() / std::max<int64_t>(old_.classes, 1);
    shape[rows ? 0 : 1] = classes_;
    ensure(element_count(shape).value_or(int64_t{1} << 40) < int64_t{1} << 32, "{}: too many weights",
           graph_.label(node));
    Tensor tensor(DType::f32, shape);
    Random random{seed_, hash_of(old_.name)};
    const double bound = 1 / std::sqrt(static_cast<double>(std::max<int64_t>(fan_in, 1)));
    for (float& w : tensor.edit<float>()) w = static_cast<float>(random.uniform(-bound, bound));
    put(layer.node, input, std::move(tensor));
    graph_.value(graph_.node(layer.node).inputs[input]).trainable = true;
  }

  // A constant with one element per old class gets one per new class, all of them `fill`.
  void widen(NodeId node, size_t input, float fill) {
    const Tensor* before = graph_.constant_input(graph_.node(node), input);
    if (!before || !is_float(before->dtype()) || before->size() != old_.classes) return;
    Shape shape = before->shape();
    *std::find(shape.begin(), shape.end(), old_.classes) = classes_;
    Tensor tensor(DType::f32, shape);
    std::ranges::fill(tensor.edit<float>(), fill);
    put(node, input, std::move(tensor));
  }

  // Of a list of dimensions, the last that is the old count: classes stand behind the batch.
  bool count(NodeId node, size_t input) {
    const Tensor* before = graph_.constant_input(graph_.node(node), input);
    if (!before || before->dtype() != DType::i64) return false;
    const auto dims = before->view<int64_t>();
    const auto found = std::find(dims.rbegin(), dims.rend(), old_.classes);
    if (found == dims.rend()) return false;
    Tensor tensor = *before;
    tensor.edit<int64_t>()[static_cast<size_t>(dims.rend() - found - 1)] = classes_;
    put(node, input, std::move(tensor));
    return true;
  }

  void reshape(NodeId node) {
    if (count(node, 1)) return;
    const NodeId list = graph_.value(graph_.node(node).inputs.at(1)).producer;
    if (list == kNoNode || graph_.node(list).op != OpKind::concat) return;
    for (size_t i = graph_.node(list).inputs.size(); i-- > 0;)
      if (count(list, i)) return;
  }

  void adapt(NodeId id) {
    const bool tells = old_.classes > 1;  // else a single number may mean anything
    const OpKind op = tells ? graph_.node(id).op : OpKind::unknown;
    const std::vector<ValueId> outputs = graph_.node(id).outputs;
    if (op == OpKind::reshape) reshape(id);
    for (const size_t input : {size_t{0}, size_t{1}}) {
      if (op == OpKind::add || op == OpKind::sub) widen(id, input, 0);
      if (op == OpKind::mul || op == OpKind::div) widen(id, input, 1);
    }
    if (op == OpKind::batch_normalization) {
      for (const auto& [input, fill] : {std::pair{1, 1.0F}, {2, 0.0F}, {3, 0.0F}, {4, 1.0F}})
        widen(id, static_cast<size_t>(input), fill);
    }
    for (const ValueId output : outputs) forget(output);
  }

  void forget(ValueId id) {
    if (id == kNoValue) return;
    graph_.value(id).dims.reset();
    graph_.value(id).activation_grid.reset();
  }

  // In order, the classifier itself left out but for what it said of its outputs.
  std::vector<NodeId> nodes_behind() {
    std::vector<bool> reached(graph_.nodes.size(), false);
    const auto reach = [&](const Node& node) {
      for (const ValueId output : node.outputs) {
        if (output == kNoValue) continue;
        for (const NodeId user : graph_.value(output).users) reached[static_cast<size_t>(user)] = true;
      }
    };
    for (const ValueId output : graph_.node(old_.node).outputs) forget(output);
    reach(graph_.node(old_.node));
    std::vector<NodeId> behind;
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (!reached[n] || graph_.nodes[n].dead) continue;
      behind.push_back(static_cast<NodeId>(n));
      reach(graph_.nodes[n]);
    }
    return behind;
  }

  Graph& graph_;
  const Classifier& old_;
  int64_t classes_;
  uint64_t seed_;
};

// The number of values that the first output holds for a sample; 0 when that cannot be told.
int64_t scores(const Graph& graph) {
  const auto& dims = graph.value(graph.outputs.at(0)).dims;
  if (!dims || dims->empty()) return 0;
  const std::optional<Shape> sample = known_shape({dims->begin() + 1, dims->end()});
  return sample ? element_count(*sample).value_or(0) : 0;
}

}  // namespace

Classifier replace_classifier(Graph& graph, const std::string& head, int64_t classes, uint64_t seed) {
  ensure(classes > 0, "a classifier needs classes");
  Classifier classifier = find_classifier(graph, head);
  const std::optional<Dims> declared = graph.value(graph.outputs.at(0)).dims;
  Replacement(graph, classifier, classes, seed).run();
  const std::string what = fmt::format("with {} classes from layer '{}' on", classes, classifier.name);
  within(what, [&] { infer_shapes(graph); });
  auto& dims = graph.value(graph.outputs[0]).dims;
  if (!dims && declared) {  // behind an op of which nothing is known
    dims = declared;
    std::replace(dims->rbegin(), dims->rend(), Dim(classifier.classes), Dim(classes));
  }
  const int64_t found = scores(graph);
  ensure(found == 0 || found == classes, "{}: output '{}' holds {} values of a sample, not one score per class", what,
         graph.value(graph.outputs[0]).name, found);
  compact(graph);
  classifier.node = kNoNode;
  for (const Layer& layer : layers(graph))
    if (layer.name == classifier.name) classifier.node = layer.node;
  return classifier;
}

}  // namespace pare
