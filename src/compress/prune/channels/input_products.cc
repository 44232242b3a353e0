#include "compress/prune/channels/input_products.h"

#include <algorithm>
#include <map>

#include "compress/prune/channels/calibration.h"
#include "core/edit.h"
#include "core/error.h"

namespace pare {
namespace {

constexpr size_t kMostRows = 5120;  // of X: larger H are too much to factorize

ValueId reshape_to(Graph& graph, ValueId x, const std::vector<int64_t>& shape) {
  const Tensor list = Tensor::of<int64_t>({static_cast<int64_t>(shape.size())}, shape);
  const ValueId constant = add_constant(graph, unique_name(graph, "products_shape"), list);
  return append(graph, OpKind::reshape, unique_name(graph, "products_reshape"), {x, constant});
}

ValueId transpose(Graph& graph, ValueId x, std::vector<int64_t> order) {
  Attributes attributes;
  attributes.set("perm", std::move(order));
  return append(graph, OpKind::transpose, unique_name(graph, "products_transpose"), {x}, attributes);
}

// Every tap of every input as a channel of its own: a convolution with one filter of a single 1 for each.
ValueId unfold(Graph& graph, const LayerMatrix& layer) {
  const Node& conv = graph.node(layer.node);
  Shape shape = graph.value(layer.weight).constant->shape();
  shape[0] = static_cast<int64_t>(layer.inputs * layer.taps);
  shape[1] = 1;
  Tensor ones(DType::f32, shape);
  const auto out = ones.edit<float>();
  for (size_t row = 0; row < layer.inputs * layer.taps; ++row) out[row * layer.taps + row % layer.taps] = 1;
  Attributes attributes = conv.attributes;
  attributes.set("group", static_cast<int64_t>(layer.inputs));
  const ValueId weight = add_constant(graph, unique_name(graph, "products_taps"), ones);
  return append(graph, OpKind::conv, unique_name(graph, "products_unfold"), {layer.input, weight}, attributes);
}

// X, its rows first.
ValueId append_rows(Graph& graph, const LayerMatrix& layer) {
  const auto rows = static_cast<int64_t>(layer.inputs * layer.taps);
  if (graph.node(layer.node).op != OpKind::conv)
    return transpose(graph, reshape_to(graph, layer.input, {-1, rows}), {1, 0});
  const ValueId taps = unfold(graph, layer);
  return reshape_to(graph, transpose(graph, reshape_to(graph, taps, {0, rows, -1}), {1, 0, 2}), {rows, -1});
}

ValueId append_energy(Graph& graph, const LayerMatrix& layer) {
  Attributes attributes = graph.node(layer.node).attributes;
  attributes.erase("alpha");
  const OpKind op = graph.node(layer.node).op;
  const ValueId output =
      append(graph, op, unique_name(graph, "products_output"), {layer.input, layer.weight}, attributes);
  Attributes all;
  all.set("keepdims", int64_t{0});
  return append(graph, OpKind::reduce_sum_square, unique_name(graph, "products_energy"), {output}, all);
}

}  // namespace

std::vector<double> InputProducts::weights_of(const Graph& graph, size_t output) const {
  const auto weight = graph.value(layer.weight).constant->view<float>();
  std::vector<double> result;
  result.reserve(rows());
  for (size_t i = 0; i < layer.inputs; ++i)
    for (size_t t = 0; t < layer.taps; ++t) result.push_back(static_cast<double>(weight[layer.element(output, i, t)]));
  return result;
}

std::optional<InputProducts> input_products(const ChannelContext& context, const ChannelMember& member) {
  const auto layer = layer_matrix(context.graph, member.node);
  if (!layer || layer->weight != member.value || context.graph.value(member.value).users.size() != 1)
    return std::nullopt;
  const Node& node = context.graph.node(member.node);
  if (node.op == OpKind::conv_transpose || node.attributes.integer("group", 1) != 1) return std::nullopt;

  InputProducts result;
  result.layer = *layer;
  const size_t rows = layer->inputs * layer->taps;
  const bool whole = rows <= kMostRows;
  Graph graph = context.graph;
  const ValueId x = append_rows(graph, *layer);
  ValueId products = kNoValue;
  if (whole) {
    products = append(graph, OpKind::matmul, unique_name(graph, "products"), {x, transpose(graph, x, {1, 0})});
  } else {
    Attributes along;
    along.set("axes", std::vector<int64_t>{1});
    along.set("keepdims", int64_t{0});
    products = append(graph, OpKind::reduce_sum_square, unique_name(graph, "products"), {x}, along);
  }
  const ValueId fetch[] = {products, append_energy(graph, *layer)};
  if (whole) result.products = Matrix(rows, rows);
  result.diagonal.assign(rows, 0);
  const int64_t places = elements_of(graph, node.outputs[0]) / static_cast<int64_t>(layer->outputs);
  for_batches(context, 3 * places * static_cast<int64_t>(rows), [&](const Batch& batch) {
    const std::vector<Tensor> seen = context.engine->run(graph, batch.inputs, fetch);
    const auto h = seen[0].view<float>();
    for (size_t r = 0; r < rows; ++r) {
      result.diagonal[r] += static_cast<double>(whole ? h[r * rows + r] : h[r]);
      for (size_t c = 0; whole && c < rows; ++c) result.products.at(r, c) += static_cast<double>(h[r * rows + c]);
    }
    result.energy += static_cast<double>(seen[1].view<float>()[0]);
  });
  return result;
}

std::vector<std::vector<size_t>> rows_of_channels(const ChannelContext& context, const ChannelGroup& group,
                                                  const ChannelMember& member, const LayerMatrix& layer) {
  const AxisChannels owners(context.graph, context.channels, group, member.value, member.axis);
  std::vector<std::vector<size_t>> rows(group.channels.size());
  for (size_t i = 0; i < layer.inputs; ++i)
    for (const uint32_t channel : owners.at(i))
      for (size_t t = 0; t < layer.taps; ++t) rows[channel].push_back(i * layer.taps + t);
  return rows;
}

void for_readers(const ChannelContext& context, const VisitReader& visit) {
  struct OnWeight {
    ChannelMember member;
    std::vector<size_t> groups;
  };
  std::map<ValueId, OnWeight> readers;
  for (size_t g = 0; g < context.channels.groups().size(); ++g) {
    for (const ChannelMember& member : members_of(context.graph, context.channels, context.channels.groups()[g]))
      if (member.role == ChannelRole::reads)
        readers.try_emplace(member.value, OnWeight{member, {}}).first->second.groups.push_back(g);
  }
  Stage stage(context.reports(), "layers", readers.size());
  uint64_t done = 0;
  for (const auto& [weight, reader] : readers) {
    stage.check();
    if (std::optional<InputProducts> input = input_products(context, reader.member))
      visit(*input, reader.member, reader.groups);
    stage.advance(++done);
  }
}

}  // namespace pare
