// An engine without LibTorch that runs small networks by the definition of each op, one element after another, and
// measures gradients by differences of the loss: the slow obvious twin for what is built on Engine::run and
// Engine::measure. It trains nothing.
#pragma once

#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/edit.h"
#include "core/passes/evaluate.h"
#include "train/engine.h"

namespace pare::testing {

class SlowEngine : public Engine {
 public:
  std::string description() const override { return "slow"; }

  std::vector<Tensor> run(const Graph& source, std::span<const Tensor> inputs,
                          std::span<const ValueId> fetch) override {
    Graph graph = source;
    for (size_t i = 0; i < inputs.size(); ++i) graph.value(graph.inputs.at(i)).dims = to_dims(inputs[i].shape());
    infer_shapes(graph);
    std::vector<Tensor> values(graph.values.size());
    for (size_t v = 0; v < values.size(); ++v)
      if (graph.values[v].constant) values[v] = *graph.values[v].constant;
    for (size_t i = 0; i < inputs.size(); ++i) values[static_cast<size_t>(graph.inputs[i])] = inputs[i];
    for (const Node& node : graph.nodes)
      if (!node.dead) compute(graph, node, values);
    std::vector<Tensor> result;
    for (const ValueId id : fetch.empty() ? std::span<const ValueId>(graph.outputs) : fetch)
      result.push_back(values[static_cast<size_t>(id)]);
    return result;
  }

  Evaluation evaluate(const Graph&, const Dataset&, const EvaluateOptions&, Progress&) override {
    throw std::logic_error("the slow engine does not evaluate");
  }
  void fit(Job&, Progress&) override { throw std::logic_error("the slow engine does not train"); }

  // Cross entropy of classes, mean squared error of values: the mean over a batch.
  double loss(const Graph& graph, const Batch& batch) {
    const Tensor y = run(graph, batch.inputs, {})[0];
    const auto out = y.view<float>();
    double sum = 0;
    if (batch.target.dtype() == DType::f32) {
      const auto t = batch.target.view<float>();
      for (size_t i = 0; i < out.size(); ++i) sum += std::pow(static_cast<double>(out[i] - t[i]), 2);
      return sum / static_cast<double>(out.size());
    }
    const auto n = static_cast<size_t>(batch.target.size()), classes = out.size() / n;
    for (size_t i = 0; i < n; ++i) {
      double all = 0;
      for (size_t c = 0; c < classes; ++c) all += std::exp(static_cast<double>(out[i * classes + c]));
      const auto right = static_cast<size_t>(batch.target.view<int64_t>()[i]);
      sum += std::log(all) - static_cast<double>(out[i * classes + right]);
    }
    return sum / static_cast<double>(n);
  }

  Evidence measure(const Graph& source, const Dataset& data, Needs needs, int64_t batches, Progress&) override {
    Graph graph = source;
    Evidence evidence;
    const DatasetPtr borrowed(&data, [](const Dataset*) {});
    Loader loader(borrowed, {.batch = 128, .shuffle = true});
    const int64_t total = std::min(batches, loader.batches());
    Batch batch;
    for (int64_t n = 0; n < total && loader.next(batch); ++n) {
      for (size_t v = 0; v < graph.values.size(); ++v) {
        Value& value = graph.values[v];
        if (!value.trainable || value.users.empty()) continue;
        auto& gradient = evidence.gradient[static_cast<ValueId>(v)];
        auto& curvature = evidence.curvature[static_cast<ValueId>(v)];
        const auto size = static_cast<size_t>(value.constant->size());
        gradient.resize(size);
        curvature.resize(size);
        for (size_t i = 0; i < size; ++i) {
          const float was = value.constant->view<float>()[i], up = was + kStep, down = was - kStep;
          value.constant->edit<float>()[i] = up;
          const double above = loss(graph, batch);
          value.constant->edit<float>()[i] = down;
          const double below = loss(graph, batch);
          value.constant->edit<float>()[i] = was;
          const double g = (above - below) / static_cast<double>(up - down);
          gradient[i] += static_cast<float>(g / static_cast<double>(total));
          curvature[i] += static_cast<float>(g * g / static_cast<double>(total));
        }
      }
    }
    if (!needs.gradient) evidence.gradient.clear();
    if (!needs.curvature) evidence.curvature.clear();
    return evidence;
  }

 private:
  static constexpr float kStep = 1.0F / 64;
  using Index = std::vector<int64_t>;

  static Index strides(const Shape& shape) {
    Index result(shape.size(), 1);
    for (size_t d = shape.size(); d-- > 1;) result[d - 1] = result[d] * shape[d];
    return result;
  }
  // Calls f with every index of the shape, in order.
  static void each(const Shape& shape, const std::function<void(const Index&)>& f) {
    int64_t count = 1;
    for (const int64_t d : shape) count *= d;
    const Index step = strides(shape);
    Index index(shape.size());
    for (int64_t i = 0; i < count; ++i) {
      for (size_t d = 0; d < shape.size(); ++d) index[d] = i / step[d] % shape[d];
      f(index);
    }
  }
  // The element at an index of a shape that this one is broadcast to; 0 outside.
  template <class T = float>
  static T at(const Tensor& t, const Index& index) {
    const Index step = strides(t.shape());
    const size_t skip = index.size() - t.rank();
    int64_t place = 0;
    for (size_t d = 0; d < t.rank(); ++d) {
      const int64_t i = t.shape()[d] == 1 && index[d + skip] >= 0 ? 0 : index[d + skip];
      if (i < 0 || i >= t.shape()[d]) return T{};
      place += i * step[d];
    }
    return t.view<T>()[static_cast<size_t>(place)];
  }
  static Tensor fill(const Shape& shape, const std::function<double(const Index&)>& f) {
    Tensor out(DType::f32, shape);
    const auto elements = out.edit<float>();
    size_t i = 0;
    each(shape, [&](const Index& index) { elements[i++] = static_cast<float>(f(index)); });
    return out;
  }
  static double exact(const Tensor& t, const Index& index) {
    for (size_t d = 0; d < t.rank(); ++d)
      if (index[d] < 0 || index[d] >= t.shape()[d]) return 0;
    return static_cast<double>(at(t, index));
  }

  struct Kernel {
    Index strides, pads, dilations;
    int64_t group;
    explicit Kernel(const Node& node)
        : strides(node.attributes.integers("strides", {1, 1})),
          pads(node.attributes.integers("pads", {0, 0, 0, 0})),
          dilations(node.attributes.integers("dilations", {1, 1})),
          group(node.attributes.integer("group", 1)) {}
    int64_t place(size_t d, int64_t window, int64_t tap) const {
      return window * strides[d] - pads[d] + tap * dilations[d];
    }
  };
  static Tensor conv(const Node& node, const Tensor& x, const Tensor& w, const Tensor* bias, const Shape& shape) {
    const Kernel k(node);
    const int64_t inputs = w.dim(1), outputs = w.dim(0) / k.group;
    return fill(shape, [&](const Index& o) {
      double sum = bias ? static_cast<double>(at(*bias, {o[1]})) : 0;
      each({inputs, w.dim(2), w.dim(3)}, [&](const Index& t) {
        sum += exact(x, {o[0], o[1] / outputs * inputs + t[0], k.place(0, o[2], t[1]), k.place(1, o[3], t[2])}) *
               exact(w, {o[1], t[0], t[1], t[2]});
      });
      return sum;
    });
  }
  static Tensor conv_transpose(const Node& node, const Tensor& x, const Tensor& w, const Shape& shape) {
    const Kernel k(node);
    const int64_t inputs = w.dim(0) / k.group, outputs = w.dim(1);
    Tensor out(DType::f32, shape);
    const Index step = strides(shape);
    each(x.shape(), [&](const Index& i) {
      each({outputs, w.dim(2), w.dim(3)}, [&](const Index& t) {
        const Index o = {i[0], i[1] / inputs * outputs + t[0], k.place(0, i[2], t[1]), k.place(1, i[3], t[2])};
        int64_t place = 0;
        for (size_t d = 0; d < 4; ++d) {
          if (o[d] < 0 || o[d] >= shape[d]) return;
          place += o[d] * step[d];
        }
        out.edit<float>()[static_cast<size_t>(place)] +=
            static_cast<float>(exact(x, i) * exact(w, {i[1], t[0], t[1], t[2]}));
      });
    });
    return out;
  }
  static Tensor pool(const Node& node, const Tensor& x, const Shape& shape) {
    const Kernel k(node);
    const Index kernel = node.attributes.integers("kernel_shape");
    return fill(shape, [&](const Index& o) {
      double sum = 0, most = -1e30, count = 0;
      each(kernel, [&](const Index& t) {
        const Index i = {o[0], o[1], k.place(0, o[2], t[0]), k.place(1, o[3], t[1])};
        if (i[2] < 0 || i[3] < 0 || i[2] >= x.dim(2) || i[3] >= x.dim(3)) return;
        sum += exact(x, i);
        most = std::max(most, exact(x, i));
        ++count;
      });
      return node.op == OpKind::max_pool ? most : sum / count;
    });
  }
  static Tensor product(const Tensor& a, const Tensor& b, bool turned, const Shape& shape) {
    const int64_t inner = a.shape().back();
    return fill(shape, [&](const Index& o) {
      double sum = 0;
      Index left = o, right = o;
      for (int64_t i = 0; i < inner; ++i) {
        left.back() = i;
        right[right.size() - 2] = turned ? o.back() : i;
        right.back() = turned ? i : o.back();
        sum += static_cast<double>(at(a, left)) * static_cast<double>(at(b, right));
      }
      return sum;
    });
  }
  static Tensor reduce(const Node& node, const Tensor& x, const Tensor* list, const Shape& shape) {
    Index axes = node.attributes.integers("axes");
    if (list) axes.assign(list->view<int64_t>().begin(), list->view<int64_t>().end());
    if (node.op == OpKind::global_average_pool)
      for (int64_t d = 2; d < static_cast<int64_t>(x.rank()); ++d) axes.push_back(d);
    if (axes.empty())
      for (int64_t d = 0; d < static_cast<int64_t>(x.rank()); ++d) axes.push_back(d);
    Shape kept = x.shape();
    double count = 1;
    for (const int64_t axis : axes) {
      count *= static_cast<double>(kept[static_cast<size_t>(axis)]);
      kept[static_cast<size_t>(axis)] = 1;
    }
    std::vector<double> sums(static_cast<size_t>(*element_count(kept)));
    const Index step = strides(kept);
    each(x.shape(), [&](const Index& i) {
      int64_t place = 0;
      for (size_t d = 0; d < i.size(); ++d) place += kept[d] == 1 ? 0 : i[d] * step[d];
      const double v = exact(x, i);
      sums[static_cast<size_t>(place)] += node.op == OpKind::reduce_sum_square ? v * v : v;
    });
    const bool mean = node.op == OpKind::reduce_mean || node.op == OpKind::global_average_pool;
    size_t at = 0;
    return fill(shape, [&](const Index&) { return sums[at++] / (mean ? count : 1); });
  }

  static void compute(const Graph& graph, const Node& node, std::vector<Tensor>& values) {
    const auto in = [&](size_t i) -> const Tensor* {
      return graph.has_input(node, i) ? &values[static_cast<size_t>(node.inputs[i])] : nullptr;
    };
    const auto shape_of = [&](size_t i) { return known_shape(*graph.value(node.outputs[i]).dims).value(); };
    std::vector<const Tensor*> inputs;
    std::vector<Shape> shapes;
    for (size_t i = 0; i < node.inputs.size(); ++i) inputs.push_back(in(i));
    for (size_t i = 0; i < node.outputs.size(); ++i) shapes.push_back(shape_of(i));
    Tensor& out = values[static_cast<size_t>(node.outputs[0])];
    const auto element = [&](size_t i, const Index& o) { return static_cast<double>(at(*in(i), o)); };
    const auto map = [&](double (*f)(double)) {
      out = fill(shapes[0], [&](const Index& o) { return f(element(0, o)); });
    };
    switch (node.op) {
      case OpKind::relu:
        return map([](double x) { return std::max(x, 0.0); });
      case OpKind::abs:
        return map([](double x) { return std::fabs(x); });
      case OpKind::neg:
        return map([](double x) { return -x; });
      case OpKind::sigmoid:
        return map([](double x) { return 1 / (1 + std::exp(-x)); });
      case OpKind::add:
        out = fill(shapes[0], [&](const Index& o) { return element(0, o) + element(1, o); });
        return;
      case OpKind::sub:
        out = fill(shapes[0], [&](const Index& o) { return element(0, o) - element(1, o); });
        return;
      case OpKind::mul:
        out = fill(shapes[0], [&](const Index& o) { return element(0, o) * element(1, o); });
        return;
      case OpKind::div:
        out = fill(shapes[0], [&](const Index& o) { return element(0, o) / element(1, o); });
        return;
      case OpKind::greater_or_equal: {
        out = Tensor(DType::boolean, shapes[0]);
        size_t i = 0;
        each(shapes[0], [&](const Index& o) { out.edit_bytes()[i++] = std::byte{element(0, o) >= element(1, o)}; });
        return;
      }
      case OpKind::where: {
        const Tensor& choice = *in(0);
        size_t i = 0;
        out = fill(shapes[0],
                   [&](const Index& o) { return choice.bytes()[i++] != std::byte{0} ? element(1, o) : element(2, o); });
        return;
      }
      case OpKind::batch_normalization: {
        const auto epsilon = static_cast<double>(node.attributes.real("epsilon", 1e-5F));
        out = fill(shapes[0], [&](const Index& o) {
          const auto p = [&](size_t i) { return static_cast<double>(at(*in(i), {o[1]})); };
          return (element(0, o) - p(3)) / std::sqrt(p(4) + epsilon) * p(1) + p(2);
        });
        return;
      }
      case OpKind::conv:
        out = conv(node, *in(0), *in(1), in(2), shapes[0]);
        return;
      case OpKind::conv_transpose:
        out = conv_transpose(node, *in(0), *in(1), shapes[0]);
        return;
      case OpKind::max_pool:
      case OpKind::average_pool:
        out = pool(node, *in(0), shapes[0]);
        return;
      case OpKind::gemm: {
        const Tensor y = product(*in(0), *in(1), node.attributes.integer("transB", 0) != 0, shapes[0]);
        out = in(2) ? fill(shapes[0], [&](const Index& o) { return exact(y, o) + element(2, o); }) : y;
        return;
      }
      case OpKind::matmul:
        out = product(*in(0), *in(1), false, shapes[0]);
        return;
      case OpKind::reduce_sum:
      case OpKind::reduce_mean:
      case OpKind::reduce_sum_square:
      case OpKind::global_average_pool:
        out = reduce(node, *in(0), in(1), shapes[0]);
        return;
      case OpKind::shape:
        out = Tensor::of<int64_t>({static_cast<int64_t>(in(0)->rank())}, in(0)->shape());
        return;
      case OpKind::pad: {
        const auto pads = in(1)->view<int64_t>();
        out = fill(shapes[0], [&](const Index& o) {
          Index i = o;
          for (size_t d = 0; d < i.size(); ++d) i[d] -= pads[d];
          return exact(*in(0), i);
        });
        return;
      }
      default: {
        auto moved = pare::evaluate(node, inputs, shapes);
        if (!moved) throw std::logic_error("the slow engine does not know " + graph.label(node));
        for (size_t i = 0; i < moved->size(); ++i) values[static_cast<size_t>(node.outputs[i])] = (*moved)[i];
      }
    }
  }
};

}  // namespace pare::testing
