// What makes channels visible that the way a graph is written hides.
#include <algorithm>
#include <span>

#include "core/channels/channels.h"
#include "core/channels/ties.h"
#include "core/edit.h"
#include "core/ops/rewrite.h"
#include "core/passes/pass.h"
#include "core/passes/rewrite.h"

namespace pare {

extern const PassDef pass_fold_constants, pass_remove_dead_code;

namespace {

// Part of the index of an axis of the value that a chain of reshapes and transposes starts from: that index is the sum
// of stride times digit.
struct Digit {
  size_t axis;
  int64_t stride;
  Dim size;
  friend bool operator==(const Digit&, const Digit&) = default;
};
using Digits = std::vector<Digit>;  // of one dimension, the slowest first

// A value along the chain: of what its dimensions are made.
using Layout = std::vector<Digits>;

Layout layout_of(const Dims& dims) {
  Layout layout(dims.size());
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const Dim dim = dims[axis];
    if (!dim.known()) layout[axis].push_back({axis, dim.factor, Dim(1, dim.symbol)});
    if (dim.factor != 1) layout[axis].push_back({axis, 1, Dim(dim.factor)});
  }
  return layout;
}

// The same order of elements in other dims; nothing where these do not divide the digits.
std::optional<Layout> reshaped(const Layout& layout, const Dims& dims) {
  Digits open;  // those to be placed, the slowest last
  for (auto digits = layout.rbegin(); digits != layout.rend(); ++digits)
    open.insert(open.end(), digits->rbegin(), digits->rend());
  Layout result;
  for (const Dim& dim : dims) {
    Digits& digits = result.emplace_back();
    Dim left = dim;
    while (left != Dim(1)) {
      if (open.empty() || left.factor == 0) return std::nullopt;
      Digit digit = open.back();
      open.pop_back();
      if (!digit.size.known()) {
        if (digit.size.symbol != left.symbol) return std::nullopt;
        left = Dim(left.factor);
      } else if (left.factor == 1 || digit.size.factor == 0) {
        return std::nullopt;
      } else if (left.factor % digit.size.factor == 0) {
        left.factor /= digit.size.factor;
      } else if (digit.size.factor % left.factor == 0) {
        const int64_t inner = digit.size.factor / left.factor;
        open.push_back({digit.axis, digit.stride, Dim(inner)});
        digit = {digit.axis, digit.stride * inner, Dim(left.factor)};
        left.factor = 1;
      } else {
        return std::nullopt;
      }
      digits.push_back(digit);
    }
  }
  if (!open.empty()) return std::nullopt;
  return result;
}

// The indices of an axis in the order that its digits are in now.
std::vector<int64_t> order_of(const Digits& digits) {
  std::vector<int64_t> order = {0};
  for (const Digit& digit : digits) {
    std::vector<int64_t> finer;
    for (const int64_t at : order)
      for (int64_t i = 0; i < digit.size.factor; ++i) finer.push_back(at + i * digit.stride);
    order = std::move(finer);
  }
  return order;
}

struct Shuffle {
  size_t axis;
  std::vector<int64_t> order;
};

// Are the dims the first ones, and the indices of exactly one axis in another order?
std::optional<Shuffle> shuffle_of(const Layout& layout, const Dims& from, const Dims& to) {
  if (from != to) return std::nullopt;
  std::optional<Shuffle> found;
  for (size_t axis = 0; axis < layout.size(); ++axis) {
    const Digits& digits = layout[axis];
    if (std::any_of(digits.begin(), digits.end(), [&](const Digit& d) { return d.axis != axis; })) return std::nullopt;
    // A digit that keeps its place among those of its axis has the stride of all that follow it.
    int64_t stride = 1;
    bool in_order = true;
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
      in_order = in_order && digit->stride == stride;
      stride *= digit->size.factor;
    }
    if (in_order) continue;
    if (found || !from[axis].known() || from[axis].factor > kMostIndices) return std::nullopt;
    found = Shuffle{axis, order_of(digits)};
  }
  return found;
}

class ShuffleFinder {
 public:
  explicit ShuffleFinder(Graph& graph) : graph_(graph) {}

  void run() {
    for (NodeId first = 0; first < static_cast<NodeId>(graph_.nodes.size()); ++first) {
      if (!graph_.node(first).dead && moves(graph_.node(first))) replace_from(first);
    }
  }

 private:
  static bool reshapes(OpKind op) {
    return op == OpKind::reshape || op == OpKind::flatten || op == OpKind::squeeze || op == OpKind::unsqueeze;
  }
  bool moves(const Node& node) const {
    return (reshapes(node.op) || node.op == OpKind::transpose) && graph_.value(node.inputs[0]).dims &&
           graph_.value(node.outputs[0]).dims;
  }

  std::optional<Layout> after(const Node& node, const Layout& layout) const {
    if (node.op != OpKind::transpose) return reshaped(layout, *graph_.value(node.outputs[0]).dims);
    const std::vector<int64_t> order = node.attributes.integers("perm");
    Layout result;
    for (size_t i = 0; i < layout.size(); ++i)
      result.push_back(layout[order.empty() ? layout.size() - 1 - i : static_cast<size_t>(order[i])]);
    return result;
  }

  // The longest chain from this node on that is a shuffle; it takes three nodes, with axes of 1 a few more.
  void replace_from(NodeId first) {
    const Dims from = *graph_.value(graph_.node(first).inputs[0]).dims;
    std::optional<Layout> layout = layout_of(from);
    constexpr size_t kLongestChain = 16;
    std::vector<NodeId> chain;
    std::optional<Shuffle> best;
    size_t length = 0;
    for (NodeId at = first; at != kNoNode && chain.size() < kLongestChain;) {
      const Node& node = graph_.node(at);
      if (node.dead || !moves(node) || (!chain.empty() && node.inputs[0] != graph_.node(chain.back()).outputs[0]))
        break;
      layout = after(node, *layout);
      if (!layout) break;
      chain.push_back(at);
      if (auto shuffle = shuffle_of(*layout, from, *graph_.value(node.outputs[0]).dims)) {
        best = std::move(shuffle);
        length = chain.size();
      }
      at = only_user(graph_, node.outputs[0]);
    }
    if (!best) return;
    chain.resize(length);
    become_gather(chain, *best);
  }

  void become_gather(const std::vector<NodeId>& chain, const Shuffle& shuffle) {
    const ValueId x = graph_.node(chain.front()).inputs[0];
    const NodeId last = chain.back();
    const ValueId order = ops::integers_constant(graph_, last, "order", shuffle.order);
    set_input(graph_, last, 0, x);
    set_input(graph_, last, 1, order);
    ops::keep_inputs(graph_, last, 2);
    Node& node = graph_.node(last);
    node.op = OpKind::gather;
    node.type = onnx_name(OpKind::gather);
    node.attributes = {};
    node.attributes.set("axis", static_cast<int64_t>(shuffle.axis));
    for (size_t i = chain.size() - 1; i-- > 0;) remove_node(graph_, chain[i]);
  }

  Graph& graph_;
};

}  // namespace

void expose_channels(Graph& graph) {
  while (pass_fold_constants.run(graph)) {
  }
  pass_remove_dead_code.run(graph);
  infer_shapes(graph);
  ShuffleFinder(graph).run();
  pass_remove_dead_code.run(graph);
  infer_shapes(graph);
}

}  // namespace pare
