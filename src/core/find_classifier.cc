#include <algorithm>

#include "core/classifier.h"
#include "core/error.h"
#include "core/params.h"

namespace pare {
namespace {

// Ops that leave it at scores: other forms of them, their softmax, their mean over places.
bool passes(const Graph& graph, const Node& node) {
  switch (node.op) {
    case OpKind::identity:
    case OpKind::softmax:
    case OpKind::log_softmax:
    case OpKind::sigmoid:
    case OpKind::reshape:
    case OpKind::squeeze:
    case OpKind::unsqueeze:
    case OpKind::flatten:
    case OpKind::transpose:
    case OpKind::dropout:
    case OpKind::cast:
    case OpKind::relu:
    case OpKind::leaky_relu:
    case OpKind::clip:
    case OpKind::global_average_pool:
    case OpKind::global_max_pool:
    case OpKind::average_pool:
    case OpKind::max_pool:
    case OpKind::reduce_mean:
    case OpKind::batch_normalization:
      return true;
    case OpKind::add:
    case OpKind::sub:
    case OpKind::mul:
    case OpKind::div:  // by constants
      return graph.constant_input(node, 0) != nullptr || graph.constant_input(node, 1) != nullptr;
    default:
      return false;
  }
}

NodeId computed_before(const Graph& graph, const Node& node) {
  for (const ValueId input : node.inputs) {
    if (input != kNoValue && graph.value(input).producer != kNoNode) return graph.value(input).producer;
  }
  return kNoNode;
}

// What layers there are, from the last: classifiers stand at the end.
std::string names_of(const std::vector<Layer>& all) {
  constexpr size_t kShown = 6;
  std::string text;
  for (size_t i = all.size(); i-- > 0 && all.size() - i <= kShown;) text += (text.empty() ? "" : ", ") + all[i].name;
  return text.empty() ? "none" : all.size() > kShown ? text + ", ..." : text;
}

int64_t width(const Graph& graph, const Layer& layer) {
  const Node& node = graph.node(layer.node);
  const Tensor& weight = *graph.value(layer.weight).constant;
  if (node.op == OpKind::conv) return weight.dim(0);
  if (node.op == OpKind::gemm) return weight.dim(node.attributes.integer("transB", 0) != 0 ? 0 : 1);
  return weight.dim(node.inputs[0] == layer.weight ? 0 : 1);
}

Classifier checked(const Graph& graph, const Layer& layer) {
  const Node& node = graph.node(layer.node);
  const std::string label = graph.label(node);
  ensure(node.op == OpKind::conv || node.op == OpKind::gemm || node.op == OpKind::matmul,
         "{} cannot be the classifier: it is no Gemm, MatMul or Conv", label);
  ensure(node.op != OpKind::conv || node.attributes.integer("group", 1) == 1,
         "{} cannot be the classifier: it is a grouped convolution", label);
  ensure(node.op == OpKind::conv || graph.value(layer.weight).constant->rank() == 2,
         "{} cannot be the classifier: its weight is no matrix", label);
  return {layer.node, layer.name, node.type, width(graph, layer)};
}

Classifier named(const Graph& graph, const std::vector<Layer>& all, const std::string& head) {
  std::vector<size_t> found;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == head) return checked(graph, all[i]);
    if (layer_matches(head, all, i)) found.push_back(i);
  }
  if (found.size() == 1) return checked(graph, all[found[0]]);
  std::vector<std::string> names;
  for (const Layer& layer : all) names.push_back(layer.name);
  const std::string near = nearest(head, names);
  fail(Code::invalid, "head: {} layers match '{}'{} (from the last, the model has {})", found.size(), head,
       near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), names_of(all));
}

}  // namespace

Classifier find_classifier(const Graph& graph, const std::string& head) {
  const std::vector<Layer> all = layers(graph);
  if (!head.empty()) return named(graph, all, head);
  ensure(!graph.outputs.empty(), "the network has no output");
  std::string way = fmt::format("from output '{}' backwards", graph.value(graph.outputs[0]).name);
  NodeId at = graph.value(graph.outputs[0]).producer;
  for (bool first = true; at != kNoNode; first = false) {
    const auto layer = std::find_if(all.begin(), all.end(), [&](const Layer& l) { return l.node == at; });
    if (layer != all.end()) return checked(graph, *layer);
    const Node& node = graph.node(at);
    way += (first ? " there is " : ", then ") + graph.label(node);
    if (!passes(graph, node)) break;
    at = computed_before(graph, node);
  }
  fail(Code::invalid,
       "no classifier was found: {}, and no Gemm, MatMul or Conv with a constant weight; name the layer with `head` "
       "(from "
       "the last, the model has {})",
       way, names_of(all));
}

}  // namespace pare
