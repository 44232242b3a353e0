#include "compress/prune/channels/relevance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "compress/prune/channels/functions.h"
#include "compress/prune/channels/layer_matrix.h"
#include "core/edit.h"
#include "core/error.h"
#include "format/ops/window.h"
#include "train/logits.h"

namespace pare {
namespace {

constexpr float kEpsilon = 0.25F;  // of the mean |z| of a sample
constexpr float kTiny = 1e-12F;    // against 0 / 0

// A linear map and its transpose, for any weight of the same shape.
struct Linear {
  std::function<ValueId(ValueId x, ValueId weight)> forward, backward;
};

class RelevanceBuilder {
 public:
  RelevanceBuilder(const Graph& graph, RelevanceRule rule) : graph_(graph), rule_(rule) {}

  RelevanceGraph build(std::span<const ValueId> values) {
    const size_t nodes = graph_.nodes.size();
    find_wanted(values);
    relevance_.assign(graph_.values.size(), kNoValue);
    RelevanceGraph result;
    result.logits = logits_of(graph_);
    const Value& output = graph_.value(result.logits);
    if (!output.dims) fail(Code::unsupported, "relevance: the shape of the network's output is not known");
    result.start = add_input(graph_, unique_name(graph_, "relevance_start"), DType::f32, *output.dims);
    relevance_.resize(graph_.values.size(), kNoValue);
    give(result.logits, result.start);
    for (size_t n = nodes; n-- > 0;) {
      const Node node = graph_.nodes[n];  // appending moves the nodes
      if (node.dead) continue;
      const bool wanted = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId v) { return wants(v); });
      const bool arrives =
          std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId v) { return of(v) != kNoValue; });
      if (wanted && arrives) propagate(static_cast<NodeId>(n), node);
    }
    for (const ValueId value : values) result.relevances.push_back(of(value));
    result.graph = std::move(graph_);
    return result;
  }

 private:
  // ---- what is there -----------------------------------------------------------------------------------------------

  bool wants(ValueId v) const {
    return v != kNoValue && static_cast<size_t>(v) < wanted_.size() && wanted_[static_cast<size_t>(v)];
  }
  ValueId of(ValueId v) const {
    return v != kNoValue && static_cast<size_t>(v) < relevance_.size() ? relevance_[static_cast<size_t>(v)] : kNoValue;
  }
  bool is_constant(ValueId v) const { return graph_.value(v).is_constant(); }
  const Dims& dims(ValueId v) const {
    const Value& value = graph_.value(v);
    if (!value.dims) fail(Code::unsupported, "relevance: the shape of '{}' is not known", value.name);
    return *value.dims;
  }
  int64_t size(ValueId v, size_t axis) const {
    const Dim dim = dims(v).at(axis);
    if (!dim.known()) fail(Code::unsupported, "relevance: the sizes of '{}' are not known", graph_.value(v).name);
    return dim.factor;
  }
  int64_t rank(ValueId v) const { return static_cast<int64_t>(dims(v).size()); }
  int64_t axis_of(const Node& node, std::string_view name, int64_t otherwise, int64_t rank) const {
    const int64_t axis = node.attributes.integer(name, otherwise);
    return axis < 0 ? axis + rank : axis;
  }
  [[noreturn]] void no_rule(const Node& node) const {
    fail(Code::unsupported, "relevance cannot be propagated through {}", graph_.label(node));
  }

  // Values with a value asked for at or before them.
  void find_wanted(std::span<const ValueId> values) {
    wanted_.assign(graph_.values.size(), false);
    for (const ValueId value : values) wanted_[static_cast<size_t>(value)] = true;
    for (const Node& node : graph_.nodes) {
      if (node.dead || std::none_of(node.inputs.begin(), node.inputs.end(), [&](ValueId v) { return wants(v); }))
        continue;
      for (const ValueId output : node.outputs)
        if (output != kNoValue) wanted_[static_cast<size_t>(output)] = true;
    }
  }

  bool not_negative(ValueId v) const {
    const NodeId producer = graph_.value(v).producer;
    if (producer == kNoNode) return false;
    const Node& node = graph_.node(producer);
    const auto inputs_are = [&] {
      return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) { return not_negative(input); });
    };
    switch (node.op) {
      case OpKind::relu:
      case OpKind::sigmoid:
      case OpKind::hard_sigmoid:
      case OpKind::softmax:
      case OpKind::softplus:
      case OpKind::abs:
      case OpKind::exp:
        return true;
      case OpKind::clip: {
        const Tensor* low = graph_.constant_input(node, 1);
        return low && low->dtype() == DType::f32 && low->size() == 1 && low->view<float>()[0] >= 0;
      }
      case OpKind::max_pool:
      case OpKind::average_pool:
      case OpKind::global_average_pool:
      case OpKind::global_max_pool:
      case OpKind::identity:
      case OpKind::dropout:
      case OpKind::flatten:
      case OpKind::reshape:
      case OpKind::transpose:
      case OpKind::squeeze:
      case OpKind::unsqueeze:
        return not_negative(node.inputs[0]);
      case OpKind::add:
      case OpKind::sum:
      case OpKind::concat:
        return inputs_are();
      default:
        return false;
    }
  }

  // ---- writing nodes -----------------------------------------------------------------------------------------------

  ValueId op(OpKind kind, std::vector<ValueId> inputs, Attributes attributes = {}) {
    return append(graph_, kind, unique_name(graph_, "relevance"), std::move(inputs), std::move(attributes));
  }
  ValueId constant(Tensor tensor) {
    return add_constant(graph_, unique_name(graph_, "relevance_constant"), std::move(tensor));
  }
  ValueId number(float x) { return constant(Tensor::scalar<float>(x)); }
  ValueId list(const std::vector<int64_t>& values) {
    return constant(Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values));
  }
  ValueId mul(ValueId a, ValueId b) { return op(OpKind::mul, {a, b}); }
  ValueId add(ValueId a, ValueId b) { return op(OpKind::add, {a, b}); }
  ValueId reshape_like(ValueId x, ValueId like) { return op(OpKind::reshape, {x, op(OpKind::shape, {like})}); }
  ValueId sum_over(ValueId x, const std::vector<int64_t>& axes) {
    Attributes keep;
    keep.set("keepdims", int64_t{1});
    return op(OpKind::reduce_sum, {x, list(axes)}, keep);
  }
  ValueId transpose(ValueId x, std::vector<int64_t> order) {
    Attributes attributes;
    attributes.set("perm", std::move(order));
    return op(OpKind::transpose, {x}, attributes);
  }
  ValueId swap_last(ValueId x) {
    std::vector<int64_t> order(static_cast<size_t>(rank(x)));
    std::iota(order.begin(), order.end(), 0);
    std::swap(order[order.size() - 1], order[order.size() - 2]);
    return transpose(x, order);
  }
  // Zeros around, or a cut where negative.
  ValueId pad(ValueId x, const std::vector<int64_t>& before, const std::vector<int64_t>& after) {
    std::vector<int64_t> pads = before;
    pads.insert(pads.end(), after.begin(), after.end());
    if (std::all_of(pads.begin(), pads.end(), [](int64_t p) { return p == 0; })) return x;
    return op(OpKind::pad, {x, list(pads)});
  }
  ValueId pad_axis(ValueId x, int64_t axis, int64_t before, int64_t after) {
    std::vector<int64_t> begin(static_cast<size_t>(rank(x))), end = begin;
    begin[static_cast<size_t>(axis)] = before;
    end[static_cast<size_t>(axis)] = after;
    return pad(x, begin, end);
  }
  // What was repeated to the shape of r is summed again.
  ValueId unbroadcast(ValueId r, ValueId like, const Node& node) {
    const Dims &from = dims(r), &to = dims(like);
    if (from.size() != to.size()) no_rule(node);
    std::vector<int64_t> axes;
    for (size_t d = 0; d < to.size(); ++d)
      if (to[d] == Dim(1) && from[d] != Dim(1)) axes.push_back(static_cast<int64_t>(d));
    if (axes.empty()) return r;
    return sum_over(r, axes);
  }

  void give(ValueId value, ValueId relevance) {
    if (!wants(value) || is_constant(value)) return;
    ValueId& slot = relevance_[static_cast<size_t>(value)];
    slot = slot == kNoValue ? relevance : add(slot, relevance);
  }

  // R / z, where z may have either sign.
  ValueId over_signed(ValueId r, ValueId z) {
    std::vector<int64_t> axes;
    for (int64_t d = std::min<int64_t>(1, rank(z) - 1); d < rank(z); ++d) axes.push_back(d);
    Attributes attributes;
    attributes.set("axes", axes);
    attributes.set("keepdims", int64_t{1});
    const ValueId mean = op(OpKind::reduce_mean, {op(OpKind::abs, {z})}, attributes);
    const ValueId e = add(mul(mean, number(kEpsilon)), number(kTiny));
    const ValueId positive = op(OpKind::greater_or_equal, {z, number(0)});
    return op(OpKind::div, {r, op(OpKind::where, {positive, add(z, e), op(OpKind::sub, {z, e})})});
  }
  // Sum of |r| of each sample, of rank `rank`.
  ValueId magnitude_of_sample(ValueId r, int64_t wanted_rank) {
    std::vector<int64_t> axes, shape(static_cast<size_t>(wanted_rank), 1);
    for (int64_t d = 1; d < rank(r); ++d) axes.push_back(d);
    const ValueId sum = axes.empty() ? op(OpKind::abs, {r}) : sum_over(op(OpKind::abs, {r}), axes);
    shape[0] = -1;
    return rank(r) == wanted_rank ? sum : op(OpKind::reshape, {sum, list(shape)});
  }
  // Terms of either sign that nearly cancel get large shares, and the more layers, the larger: where the magnitudes of
  // what goes back add up to more than came, all of it is scaled to as much.
  std::vector<ValueId> bounded(std::vector<ValueId> back, ValueId r) {
    const int64_t wanted_rank = rank(back[0]);
    const ValueId came = magnitude_of_sample(r, wanted_rank);
    ValueId goes = magnitude_of_sample(back[0], wanted_rank);
    for (size_t i = 1; i < back.size(); ++i) goes = add(goes, magnitude_of_sample(back[i], wanted_rank));
    const ValueId larger = add(came, op(OpKind::relu, {op(OpKind::sub, {goes, came})}));
    const ValueId factor = over_positive(came, larger);
    for (ValueId& value : back) value = mul(value, factor);
    return back;
  }
  // R / z, where z is not negative.
  ValueId over_positive(ValueId r, ValueId z) { return op(OpKind::div, {r, add(z, number(kTiny))}); }
  ValueId magnitude(ValueId x) { return not_negative(x) ? x : op(OpKind::abs, {x}); }

  // ---- rules -------------------------------------------------------------------------------------------------------

  void propagate(NodeId id, const Node& node) {
    const ValueId r = of(node.outputs[0]);
    if (node.op != OpKind::split && r == kNoValue) no_rule(node);
    if (is_function(node.op)) return give(node.inputs[0], r);
    switch (node.op) {
      case OpKind::cast:
      case OpKind::softmax:
      case OpKind::log_softmax:
      case OpKind::lrn:
      case OpKind::lp_normalization:
        return give(node.inputs[0], r);
      case OpKind::conv:
      case OpKind::conv_transpose:
      case OpKind::gemm:
        return through_layer(id, node, r);
      case OpKind::matmul:
        return is_constant(node.inputs[1]) ? through_layer(id, node, r) : through_product(node, r);
      case OpKind::add:
      case OpKind::sub:
      case OpKind::sum:
        return through_sum(node, r);
      case OpKind::mul:
      case OpKind::div:
        return through_factors(node, r);
      case OpKind::max_pool:
      case OpKind::average_pool:
        return through_pool(node, r);
      case OpKind::global_average_pool:
      case OpKind::global_max_pool:
      case OpKind::reduce_mean:
      case OpKind::reduce_sum:
      case OpKind::reduce_max:
        return through_reduction(node, r);
      case OpKind::reshape:
      case OpKind::flatten:
      case OpKind::squeeze:
      case OpKind::unsqueeze:
        return give(node.inputs[0], reshape_like(r, node.inputs[0]));
      case OpKind::expand:
        return give(node.inputs[0], unbroadcast(r, node.inputs[0], node));
      case OpKind::transpose:
        return through_transpose(node, r);
      case OpKind::concat:
        return through_concat(node, r);
      case OpKind::split:
        return through_split(node);
      case OpKind::slice:
        return through_slice(node, r);
      case OpKind::pad:
        return through_pad(node, r);
      case OpKind::gather:
        return through_gather(node, r);
      default:
        no_rule(node);
    }
  }

  // The layer's weight, with the batch norm that alone reads it.
  Tensor weight_of(const LayerMatrix& layer) const {
    Tensor weight = *graph_.value(layer.weight).constant;
    // Nodes appended here read it too; the network's own come first.
    const auto& users = graph_.value(graph_.node(layer.node).outputs[0]).users;
    if (users.empty()) return weight;
    const Node& norm = graph_.node(users[0]);
    const Tensor *scale = graph_.constant_input(norm, 1), *variance = graph_.constant_input(norm, 4);
    if (norm.op != OpKind::batch_normalization || !scale || !variance) return weight;
    if (scale->dtype() != DType::f32 || variance->dtype() != DType::f32) return weight;
    if (scale->size() != static_cast<int64_t>(layer.outputs)) return weight;
    const float epsilon = norm.attributes.real("epsilon", 1e-5F);
    const auto out = weight.edit<float>();
    for (size_t o = 0; o < layer.outputs; ++o) {
      const float factor = scale->view<float>()[o] / std::sqrt(variance->view<float>()[o] + epsilon);
      for (size_t i = 0; i < layer.inputs; ++i)
        for (size_t t = 0; t < layer.taps; ++t) out[layer.element(o, i, t)] *= factor;
    }
    return weight;
  }

  void through_layer(NodeId id, const Node& node, ValueId r) {
    const auto layer = layer_matrix(graph_, id);
    if (!layer) no_rule(node);
    const Linear map = node.op == OpKind::conv             ? conv(node)
                       : node.op == OpKind::conv_transpose ? conv_transpose(node)
                       : node.op == OpKind::gemm           ? gemm(node)
                                                           : matmul();
    const ValueId x = node.inputs[0];
    const Tensor weight = weight_of(*layer);
    if (rule_ == RelevanceRule::epsilon) {
      const ValueId w = constant(weight);
      const ValueId s = over_signed(r, map.forward(x, w));
      return give(x, bounded({mul(x, map.backward(s, w))}, r)[0]);
    }
    // Positive terms: positive inputs with positive weights, and negative ones with negative weights.
    Tensor positive = weight, negative = weight;
    for (float& w : positive.edit<float>()) w = std::max(w, 0.0F);
    for (float& w : negative.edit<float>()) w = std::min(w, 0.0F);
    const ValueId wp = constant(positive);
    if (not_negative(x)) {
      const ValueId s = over_positive(r, map.forward(x, wp));
      return give(x, mul(x, map.backward(s, wp)));
    }
    const ValueId wn = constant(negative);
    const ValueId xp = op(OpKind::relu, {x}), xn = op(OpKind::sub, {x, xp});
    const ValueId s = over_positive(r, add(map.forward(xp, wp), map.forward(xn, wn)));
    give(x, add(mul(xp, map.backward(s, wp)), mul(xn, map.backward(s, wn))));
  }

  Linear gemm(const Node& node) {
    const int64_t turned = node.attributes.integer("transB", 0);
    const auto product = [this](int64_t turn) {
      return [this, turn](ValueId x, ValueId w) {
        Attributes attributes;
        attributes.set("transB", turn);
        return op(OpKind::gemm, {x, w}, attributes);
      };
    };
    return {product(turned), product(turned != 0 ? 0 : 1)};
  }
  Linear matmul() {
    return {[this](ValueId x, ValueId w) {
              return op(OpKind::matmul, {x, w});
            },
            [this](ValueId s, ValueId w) {
              return op(OpKind::matmul, {s, swap_last(w)});
            }};
  }
  Linear conv(const Node& node) {
    const Attributes attributes = node.attributes;
    const ValueId x = node.inputs[0];
    const Shape& shape = graph_.value(node.inputs[1]).constant->shape();
    const Window window = resolved(attributes, Shape(shape.begin() + 2, shape.end()), x, node);
    return {[=, this](ValueId in, ValueId w) {
              return op(OpKind::conv, {in, w}, attributes);
            },
            [=, this, y = node.outputs[0]](ValueId s, ValueId w) {
              return scatter(s, w, window, attributes.integer("group", 1), y, x);
            }};
  }
  Linear conv_transpose(const Node& node) {
    const Attributes attributes = node.attributes;
    for (const std::string_view name : {"output_padding", "output_shape", "auto_pad"})
      if (attributes.has(name)) no_rule(node);
    return {[=, this](ValueId in, ValueId w) {
              return op(OpKind::conv_transpose, {in, w}, attributes);
            },
            [=, this](ValueId s, ValueId w) {
              return op(OpKind::conv, {s, w}, attributes);
            }};
  }

  // With auto_pad and ceil_mode turned into pads.
  Window resolved(const Attributes& attributes, Shape kernel, ValueId x, const Node& node) {
    Window window = take(read_window(attributes, std::move(kernel)), graph_.label(node));
    Shape spatial;
    for (size_t i = 0; i < window.rank(); ++i) spatial.push_back(size(x, i + 2));
    const Status status = resolve_pads(window, spatial);
    if (!status.ok()) raise(status, graph_.label(node));
    return window;
  }
  Attributes window_attributes(const Window& window, int64_t group) const {
    Attributes attributes;
    attributes.set("kernel_shape", window.kernel);
    attributes.set("strides", window.strides);
    attributes.set("dilations", window.dilations);
    attributes.set("group", group);
    return attributes;
  }
  // How much of x lies before the first window's first place, and what lies between the last window's end and its own.
  void margins(const Window& window, ValueId x, ValueId y, std::vector<int64_t>& before, std::vector<int64_t>& after) {
    before.assign(window.rank() + 2, 0);
    after = before;
    for (size_t i = 0; i < window.rank(); ++i) {
      const int64_t reach = (size(y, i + 2) - 1) * window.strides[i] + window.extent(i);
      before[i + 2] = -window.pads_begin[i];
      after[i + 2] = size(x, i + 2) + window.pads_begin[i] - reach;
    }
  }
  // The transpose of a convolution from x to y.
  ValueId scatter(ValueId s, ValueId w, const Window& window, int64_t group, ValueId y, ValueId x) {
    std::vector<int64_t> before, after;
    margins(window, x, y, before, after);
    return pad(op(OpKind::conv_transpose, {s, w}, window_attributes(window, group)), before, after);
  }

  // A product of activations: each gets half, by its share in every sum.
  void through_product(const Node& node, ValueId r) {
    if (is_constant(node.inputs[0]) || rank(node.inputs[0]) != rank(node.inputs[1])) no_rule(node);
    for (size_t d = 0; d + 2 < dims(node.inputs[0]).size(); ++d)
      if (dims(node.inputs[0])[d] != dims(node.inputs[1])[d]) no_rule(node);
    const bool with_signs = rule_ == RelevanceRule::epsilon;
    const ValueId a = with_signs ? node.inputs[0] : magnitude(node.inputs[0]);
    const ValueId b = with_signs ? node.inputs[1] : magnitude(node.inputs[1]);
    const ValueId half = mul(r, number(0.5F));
    const ValueId z = op(OpKind::matmul, {a, b});
    const ValueId s = with_signs ? over_signed(half, z) : over_positive(half, z);
    std::vector<ValueId> back = {mul(a, op(OpKind::matmul, {s, swap_last(b)})),
                                 mul(b, op(OpKind::matmul, {swap_last(a), s}))};
    if (with_signs) back = bounded(std::move(back), r);
    give(node.inputs[0], back[0]);
    give(node.inputs[1], back[1]);
  }

  void through_sum(const Node& node, ValueId r) {
    std::vector<ValueId> terms, given;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (is_constant(node.inputs[i])) continue;
      given.push_back(node.inputs[i]);
      const bool minus = node.op == OpKind::sub && i == 1;
      terms.push_back(rule_ == RelevanceRule::z_plus ? magnitude(given.back())
                      : minus                        ? op(OpKind::neg, {given.back()})
                                                     : given.back());
    }
    if (given.size() == 1) return give(given[0], unbroadcast(r, given[0], node));
    ValueId z = terms[0];
    for (size_t i = 1; i < terms.size(); ++i) z = add(z, terms[i]);
    const ValueId s = rule_ == RelevanceRule::epsilon ? over_signed(r, z) : over_positive(r, z);
    for (ValueId& term : terms) term = mul(term, s);
    if (rule_ == RelevanceRule::epsilon) terms = bounded(std::move(terms), r);
    for (size_t i = 0; i < given.size(); ++i) give(given[i], unbroadcast(terms[i], given[i], node));
  }

  void through_factors(const Node& node, ValueId r) {
    const ValueId a = node.inputs[0], b = node.inputs[1];
    if (is_constant(b) || node.op == OpKind::div) return give(a, unbroadcast(r, a, node));
    if (is_constant(a)) return give(b, unbroadcast(r, b, node));
    const ValueId half = mul(r, number(0.5F));
    give(a, unbroadcast(half, a, node));
    give(b, unbroadcast(half, b, node));
  }

  void through_pool(const Node& node, ValueId r) {
    const ValueId x = node.inputs[0], y = node.outputs[0];
    const Window window = resolved(node.attributes, node.attributes.integers("kernel_shape"), x, node);
    const bool with_signs = rule_ == RelevanceRule::epsilon && node.op == OpKind::average_pool;
    const ValueId shares = with_signs ? x : magnitude(x);
    std::vector<int64_t> before, after;
    margins(window, x, y, before, after);
    Shape shape = {size(x, 1), 1};
    shape.insert(shape.end(), window.kernel.begin(), window.kernel.end());
    Tensor ones(DType::f32, shape);
    for (float& one : ones.edit<float>()) one = 1;
    const ValueId w = constant(ones);
    const Attributes attributes = window_attributes(window, shape[0]);
    std::vector<int64_t> out_before = before, out_after = after;
    for (size_t d = 0; d < before.size(); ++d) {
      out_before[d] = -before[d];
      out_after[d] = -after[d];
    }
    const ValueId z = op(OpKind::conv, {pad(shares, out_before, out_after), w}, attributes);
    const ValueId s = with_signs ? over_signed(r, z) : over_positive(r, z);
    const ValueId back = mul(shares, pad(op(OpKind::conv_transpose, {s, w}, attributes), before, after));
    give(x, with_signs ? bounded({back}, r)[0] : back);
  }

  void through_reduction(const Node& node, ValueId r) {
    const ValueId x = node.inputs[0];
    std::vector<int64_t> axes;
    if (node.op == OpKind::global_average_pool || node.op == OpKind::global_max_pool) {
      for (int64_t d = 2; d < rank(x); ++d) axes.push_back(d);
    } else {
      axes = node.attributes.integers("axes");
      if (graph_.has_input(node, 1)) {
        const Tensor* list = graph_.constant_input(node, 1);
        if (!list || list->dtype() != DType::i64) no_rule(node);
        axes.assign(list->view<int64_t>().begin(), list->view<int64_t>().end());
      }
      if (axes.empty()) no_rule(node);
    }
    const bool largest = node.op == OpKind::global_max_pool || node.op == OpKind::reduce_max;
    const bool with_signs = rule_ == RelevanceRule::epsilon && !largest;
    const ValueId shares = with_signs ? x : magnitude(x);
    const ValueId z = sum_over(shares, axes);
    const ValueId kept = rank(r) == rank(z) ? r : reshape_like(r, z);
    const ValueId back = mul(shares, with_signs ? over_signed(kept, z) : over_positive(kept, z));
    give(x, with_signs ? bounded({back}, kept)[0] : back);
  }

  void through_transpose(const Node& node, ValueId r) {
    std::vector<int64_t> order = node.attributes.integers("perm"), back(static_cast<size_t>(rank(r)));
    if (order.empty())
      for (int64_t d = rank(r); d-- > 0;) order.push_back(d);
    for (size_t d = 0; d < order.size(); ++d) back[static_cast<size_t>(order[d])] = static_cast<int64_t>(d);
    give(node.inputs[0], transpose(r, back));
  }

  void through_concat(const Node& node, ValueId r) {
    const int64_t axis = axis_of(node, "axis", 0, rank(r));
    int64_t at = 0;
    for (const ValueId input : node.inputs) {
      const int64_t count = size(input, static_cast<size_t>(axis));
      if (wants(input)) give(input, op(OpKind::slice, {r, list({at}), list({at + count}), list({axis})}));
      at += count;
    }
  }

  void through_split(const Node& node) {
    const ValueId x = node.inputs[0];
    const int64_t axis = axis_of(node, "axis", 0, rank(x));
    const int64_t whole = size(x, static_cast<size_t>(axis));
    int64_t at = 0;
    for (const ValueId output : node.outputs) {
      if (output == kNoValue) no_rule(node);
      const int64_t count = size(output, static_cast<size_t>(axis));
      if (of(output) != kNoValue) give(x, pad_axis(of(output), axis, at, whole - at - count));
      at += count;
    }
  }

  // step - 1 zeros behind each index of the axis.
  ValueId spread(ValueId r, size_t axis, int64_t step) {
    std::vector<int64_t> shape;
    for (size_t d = 0; d < dims(r).size(); ++d)
      shape.push_back(d < axis ? 0 : size(r, d) * (d == axis ? step : 1));  // 0: as it is
    const auto place = static_cast<int64_t>(axis) + 1;
    return op(OpKind::reshape, {pad_axis(op(OpKind::unsqueeze, {r, list({place})}), place, 0, step - 1), list(shape)});
  }

  void through_slice(const Node& node, ValueId r) {
    const ValueId x = node.inputs[0];
    std::vector<std::vector<int64_t>> lists;  // starts, ends, axes, steps
    for (size_t i = 1; i < 5; ++i) {
      lists.emplace_back();
      if (!graph_.has_input(node, i)) continue;
      const Tensor* list = graph_.constant_input(node, i);
      if (!list) no_rule(node);
      const Tensor wide = cast(*list, DType::i64);
      lists.back().assign(wide.view<int64_t>().begin(), wide.view<int64_t>().end());
    }
    if (std::any_of(lists[3].begin(), lists[3].end(), [](int64_t step) { return step < 1; })) no_rule(node);
    std::vector<int64_t> before(static_cast<size_t>(rank(x))), after = before;
    for (size_t k = 0; k < lists[0].size(); ++k) {
      const int64_t named = lists[2].empty() ? static_cast<int64_t>(k) : lists[2][k];
      const auto axis = static_cast<size_t>(named < 0 ? named + rank(x) : named);
      const int64_t whole = size(x, axis);
      const int64_t start = lists[0][k] < 0 ? lists[0][k] + whole : lists[0][k];
      if (!lists[3].empty() && lists[3][k] > 1) r = spread(r, axis, lists[3][k]);
      before[axis] = std::clamp<int64_t>(start, 0, whole);
      after[axis] = whole - before[axis] - size(r, axis);
    }
    give(x, pad(r, before, after));
  }

  void through_pad(const Node& node, ValueId r) {
    const Tensor* list = graph_.constant_input(node, 1);
    const auto count = static_cast<size_t>(rank(r));
    if (node.attributes.text("mode", "constant") != "constant" || !list || list->dtype() != DType::i64 ||
        list->view<int64_t>().size() != 2 * count)
      no_rule(node);
    std::vector<int64_t> before, after;
    for (size_t d = 0; d < count; ++d) {
      before.push_back(-list->view<int64_t>()[d]);
      after.push_back(-list->view<int64_t>()[d + count]);
    }
    give(node.inputs[0], pad(r, before, after));
  }

  // One index, or another order of all.
  void through_gather(const Node& node, ValueId r) {
    const ValueId x = node.inputs[0];
    const Tensor* places = graph_.constant_input(node, 1);
    if (!places || places->rank() > 1) no_rule(node);
    const int64_t axis = axis_of(node, "axis", 0, rank(x));
    const int64_t whole = size(x, static_cast<size_t>(axis));
    const Tensor wide = cast(*places, DType::i64);
    std::vector<int64_t> back(static_cast<size_t>(whole), -1);
    int64_t first = 0;
    for (size_t i = 0; i < wide.view<int64_t>().size(); ++i) {
      const int64_t place = wide.view<int64_t>()[i];
      first = place < 0 ? place + whole : place;
      int64_t& slot = back[static_cast<size_t>(first)];
      if (slot >= 0) no_rule(node);
      slot = static_cast<int64_t>(i);
    }
    if (wide.size() == 1) {
      const ValueId kept = wide.rank() == 0 ? op(OpKind::unsqueeze, {r, list({axis})}) : r;
      return give(x, pad_axis(kept, axis, first, whole - first - 1));
    }
    if (wide.size() != whole) no_rule(node);
    Attributes attributes;
    attributes.set("axis", axis);
    give(x, op(OpKind::gather, {r, list(back)}, attributes));
  }

  Graph graph_;
  RelevanceRule rule_;
  std::vector<bool> wanted_;
  std::vector<ValueId> relevance_;
};

}  // namespace

RelevanceGraph relevance_graph(const Graph& graph, std::span<const ValueId> values, RelevanceRule rule) {
  return RelevanceBuilder(graph, rule).build(values);
}

}  // namespace pare
