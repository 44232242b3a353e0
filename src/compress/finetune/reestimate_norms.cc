#include "compress/finetune/reestimate_norms.h"

#include <algorithm>
#include <vector>

#include "compress/batches.h"
#include "core/error.h"

namespace pare {
namespace {

// Sums over all elements of each channel (axis 1).
struct Moments {
  std::vector<double> sum, squares;
  double count = 0;

  void add(const Tensor& x) {
    const auto view = x.view<float>();
    const auto batch = static_cast<size_t>(x.dim(0)), channels = static_cast<size_t>(x.dim(1));
    const size_t each = batch * channels == 0 ? 0 : view.size() / (batch * channels);
    sum.resize(channels);
    squares.resize(channels);
    for (size_t n = 0; n < batch; ++n) {
      for (size_t c = 0; c < channels; ++c) {
        const auto part = view.subspan((n * channels + c) * each, each);
        double total = 0, square = 0;
        for (const float v : part) {
          total += v;
          square += static_cast<double>(v) * v;
        }
        sum[c] += total;
        squares[c] += square;
      }
    }
    count += static_cast<double>(batch * each);
  }
};

bool has_own_statistics(const Graph& graph, const Node& node) {
  const auto own = [&](size_t input) {
    if (!graph.has_input(node, input)) return false;
    const Value& value = graph.value(node.inputs[input]);
    return value.constant && value.constant->dtype() == DType::f32 && value.encoding.empty() && value.users.size() == 1;
  };
  return node.op == OpKind::batch_normalization && own(3) && own(4) && graph.value(node.inputs[0]).dtype == DType::f32;
}

// Norms by how many others lie before them on the longest way from the input: those of one level do not see each other.
std::vector<std::vector<NodeId>> levels(const Graph& graph) {
  std::vector<size_t> before(graph.values.size(), 0);
  std::vector<std::vector<NodeId>> result;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (node.dead) continue;
    size_t level = 0;
    for (const auto* list : {&node.inputs, &node.captured})
      for (const ValueId v : *list)
        if (v != kNoValue) level = std::max(level, before[static_cast<size_t>(v)]);
    const bool is_norm = has_own_statistics(graph, node);
    if (is_norm) {
      if (result.size() <= level) result.resize(level + 1);
      result[level].push_back(static_cast<NodeId>(n));
    }
    for (const ValueId v : node.outputs)
      if (v != kNoValue) before[static_cast<size_t>(v)] = level + (is_norm ? 1 : 0);
  }
  return result;
}

void write_statistics(Graph& graph, const Node& node, const Moments& moments) {
  const std::span<float> mean = graph.value(node.inputs[3]).constant->edit<float>();
  const std::span<float> variance = graph.value(node.inputs[4]).constant->edit<float>();
  ensure(mean.size() == moments.sum.size() && variance.size() == mean.size(),
         "{}: its input has {} channels, its statistics {}", graph.label(node), moments.sum.size(), mean.size());
  for (size_t c = 0; c < mean.size(); ++c) {
    const double center = moments.sum[c] / moments.count;
    mean[c] = static_cast<float>(center);
    variance[c] = static_cast<float>(std::max(moments.squares[c] / moments.count - center * center, 0.0));
  }
}

}  // namespace

void reestimate_norms(Graph& graph, const std::function<Engine&()>& engine, const DatasetPtr& data,
                      const NormData& options, Progress& progress) {
  const std::vector<std::vector<NodeId>> rounds = levels(graph);
  if (rounds.empty()) return;
  int64_t floats = 0;  // of one sample, that a round asks for at once
  for (const std::vector<NodeId>& norms : rounds) {
    int64_t sum = 0;
    for (const NodeId n : norms) sum += elements_of(graph, graph.node(n).inputs[0]);
    floats = std::max(floats, sum);
  }
  const int64_t fixed = fixed_batch(graph), samples = options.batches * (fixed > 0 ? fixed : options.batch);
  Loader::Options order;
  order.batch = batch_that_fits(graph, floats, options.batch);
  order.drop_last = fixed > 0;
  order.shuffle = true;
  order.seed = options.seed;
  const auto batches =
      static_cast<uint64_t>(std::min((samples + order.batch - 1) / order.batch, Loader(data, order).batches()));
  Stage stage(progress, "batch norms", rounds.size() * batches);
  uint64_t done = 0;
  for (const std::vector<NodeId>& norms : rounds) {
    std::vector<ValueId> inputs;
    for (const NodeId n : norms) inputs.push_back(graph.node(n).inputs[0]);
    std::vector<Moments> moments(norms.size());
    Loader loader(data, order);
    Batch batch;
    for (uint64_t i = 0; i < batches && loader.next(batch); ++i, stage.advance(++done)) {
      stage.check();
      const std::vector<Tensor> found = engine().run(graph, batch.inputs, inputs);
      for (size_t k = 0; k < norms.size(); ++k) moments[k].add(found[k]);
    }
    for (size_t k = 0; k < norms.size(); ++k)
      if (moments[k].count > 0) write_statistics(graph, graph.node(norms[k]), moments[k]);
  }
}

}  // namespace pare
