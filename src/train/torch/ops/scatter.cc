// Ops that pick and put single elements: GatherElements, GatherND, ScatterElements, ScatterND, OneHot, NonZero,
// Compress, ReverseSequence, Unique.
#include <algorithm>
#include <string>

#include "core/error.h"
#include "train/torch/convert.h"
#include "train/torch/op.h"

namespace pare::engine {
namespace {

// Indices below 0 count from the end.
at::Tensor from_front(const at::Tensor& index, int64_t size, at::Device device) {
  const at::Tensor i = index.to(at::kLong);
  return at::where(i.lt(0), i + size, i).to(device);
}

// Places in the axes `first` .. of x that the last axis of the indices names, as flat numbers.
at::Tensor flat_places(const at::Tensor& indices, const at::Tensor& x, int64_t first) {
  const int64_t depth = indices.size(-1);
  at::Tensor flat = at::zeros(indices.sizes().slice(0, static_cast<size_t>(indices.dim() - 1)), at::kLong);
  for (int64_t i = 0; i < depth; ++i) {
    const at::Tensor index = from_front(indices.select(-1, i), x.size(first + i), at::kCPU);
    ensure(index.numel() == 0 || (index.min().item<int64_t>() >= 0 && index.max().item<int64_t>() < x.size(first + i)),
           "an index is out of range");
    flat = flat * x.size(first + i) + index;
  }
  return flat;
}

std::vector<int64_t> joined(at::IntArrayRef a, at::IntArrayRef b) {
  std::vector<int64_t> shape = a.vec();
  shape.insert(shape.end(), b.begin(), b.end());
  return shape;
}
int64_t product(at::IntArrayRef sizes) {
  int64_t n = 1;
  for (const int64_t s : sizes) n *= s;
  return n;
}

}  // namespace

Kernel prepare_gather_elements(const Node& node) {
  const int64_t given = node.attributes.integer("axis", 0);
  return [=](Inputs in, const Mode&) -> Outputs {
    const int64_t axis = axis_of(given, in[0].dim());
    return {at::gather(in[0], axis, from_front(in[1], in[0].size(axis), in[0].device()))};
  };
}

Kernel prepare_gather_nd(const Node& node) {
  const int64_t batch = node.attributes.integer("batch_dims", 0);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor &x = in[0], &indices = in[1];
    const int64_t depth = indices.size(-1);
    ensure(batch >= 0 && batch < indices.dim() && depth >= 1 && batch + depth <= x.dim(),
           "the indices are deeper than the data");
    const at::IntArrayRef lead = x.sizes().slice(0, static_cast<size_t>(batch));
    const at::IntArrayRef tail = x.sizes().slice(static_cast<size_t>(batch + depth));
    const int64_t batches = product(lead),
                  places = product(x.sizes().slice(static_cast<size_t>(batch), static_cast<size_t>(depth)));
    // Every batch has its own rows of places.
    at::Tensor flat = flat_places(indices, x, batch).reshape({batches, -1});
    flat = flat + at::arange(batches, at::kLong).unsqueeze(1) * places;
    const at::Tensor rows = x.reshape({batches * places, product(tail)});
    const at::Tensor y = at::index_select(rows, 0, flat.flatten().to(x.device()));
    return {y.reshape(joined(indices.sizes().slice(0, static_cast<size_t>(indices.dim() - 1)), tail))};
  };
}

// Updates at `index` along `axis`: replace, or join what is there already.
static at::Tensor scattered(const at::Tensor& data, int64_t axis, const at::Tensor& index, const at::Tensor& updates,
                            const std::string& reduction) {
  if (reduction == "none") return at::scatter(data, axis, index, updates);
  if (reduction == "add") return at::scatter_add(data, axis, index, updates);
  const char* joined = reduction == "mul" ? "prod" : reduction == "max" ? "amax" : "amin";
  return at::scatter_reduce(data, axis, index, updates, joined);
}

static std::string reduction_of(const Node& node) {
  const std::string reduction = node.attributes.text("reduction", "none");
  for (const char* known : {"none", "add", "mul", "max", "min"})
    if (reduction == known) return reduction;
  fail(Code::unsupported, "{} has reduction '{}'", node.type, reduction);
}

Kernel prepare_scatter_elements(const Node& node) {
  const int64_t given = node.attributes.integer("axis", 0);
  const std::string reduction = reduction_of(node);
  return [=](Inputs in, const Mode&) -> Outputs {
    const int64_t axis = axis_of(given, in[0].dim());
    const at::Tensor index = from_front(in[1], in[0].size(axis), in[0].device());
    return {scattered(in[0], axis, index, in[2], reduction)};
  };
}
Kernel prepare_scatter(const Node& node) { return prepare_scatter_elements(node); }  // its name until opset 10

Kernel prepare_scatter_nd(const Node& node) {
  const std::string reduction = reduction_of(node);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor &x = in[0], &indices = in[1];
    const int64_t depth = indices.size(-1);
    ensure(depth >= 1 && depth <= x.dim(), "the indices are deeper than the data");
    const at::IntArrayRef tail = x.sizes().slice(static_cast<size_t>(depth));
    const at::Tensor rows = x.reshape({-1, product(tail)});
    const at::Tensor flat = flat_places(indices, x, 0).flatten().to(x.device());
    const at::Tensor updates = in[2].reshape({flat.numel(), product(tail)});
    const at::Tensor index = flat.unsqueeze(1).expand_as(updates);
    return {scattered(rows, 0, index, updates, reduction).reshape(x.sizes())};
  };
}

// Indices outside of [-depth, depth) give a row of `off` alone.
Kernel prepare_one_hot(const Node& node) {
  const int64_t given = node.attributes.integer("axis", -1);
  return [=](Inputs in, const Mode& mode) -> Outputs {
    const int64_t depth = in[1].item().toLong(), axis = axis_of(given, in[0].dim() + 1);
    ensure(depth >= 0, "OneHot has depth {}", depth);
    const at::Tensor index = from_front(in[0].cpu(), depth, at::kCPU).unsqueeze(axis);
    std::vector<int64_t> shape(static_cast<size_t>(index.dim()), 1);
    shape[static_cast<size_t>(axis)] = depth;
    const at::Tensor hot = index.eq(at::arange(depth, at::kLong).reshape(shape));
    const at::Tensor values = in[2].cpu();
    const at::Tensor y = at::where(hot, values.select(0, 1), values.select(0, 0));
    return {y.is_floating_point() ? y.to(mode.device) : y};
  };
}

Kernel prepare_non_zero(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs { return {at::nonzero(in[0].cpu()).t().contiguous()}; };
}

// A condition that is shorter than the axis leaves out the rest.
Kernel prepare_compress(const Node& node) {
  const bool flat = !node.attributes.has("axis");
  const int64_t given = node.attributes.integer("axis", 0);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor x = flat ? in[0].flatten() : in[0];
    const int64_t axis = axis_of(given, x.dim());
    const at::Tensor kept = at::nonzero(in[1].cpu().flatten()).flatten();
    ensure(kept.numel() == 0 || kept.max().item<int64_t>() < x.size(axis), "the condition is longer than the axis");
    return {at::index_select(x, axis, kept.to(x.device()))};
  };
}

Kernel prepare_reverse_sequence(const Node& node) {
  const int64_t batch = node.attributes.integer("batch_axis", 1), time = node.attributes.integer("time_axis", 0);
  ensure(batch >= 0 && batch <= 1 && time == 1 - batch, "batch axis {}, time axis {}", batch, time);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor &x = in[0], lengths = in[1].to(at::kLong).cpu();
    ensure(x.dim() >= 2 && lengths.numel() == x.size(batch), "{} lengths for {} samples", lengths.numel(),
           x.size(batch));
    ensure(
        lengths.numel() == 0 || (lengths.min().item<int64_t>() >= 0 && lengths.max().item<int64_t>() <= x.size(time)),
        "a length is out of range");
    const at::Tensor step = at::arange(x.size(time), at::kLong).unsqueeze(batch);
    const at::Tensor length = lengths.unsqueeze(time);
    at::Tensor from = at::where(step.lt(length), length - 1 - step, step);
    for (int64_t i = 2; i < x.dim(); ++i) from = from.unsqueeze(-1);
    return {at::gather(x, time, from.to(x.device()).expand_as(x))};
  };
}

// LibTorch gives them sorted, without the place where each comes first; unsorted they come in the order of that.
Kernel prepare_unique(const Node& node) {
  const bool flat = !node.attributes.has("axis"), sorted = node.attributes.integer("sorted", 1) != 0;
  const int64_t given = node.attributes.integer("axis", 0);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor x = flat ? in[0].flatten() : in[0];
    const int64_t axis = axis_of(given, x.dim());
    auto [sorted_values, inverse, counts] =
        at::unique_dim(x.detach(), axis, /*sorted=*/true, /*return_inverse=*/true, true);
    inverse = inverse.cpu();
    counts = counts.cpu();
    const int64_t found = counts.numel();
    // Sorted by which they are, without changing the order of equal ones, each run begins with the first.
    const at::Tensor runs = std::get<1>(at::sort(inverse, /*stable=*/true, 0, /*descending=*/false));
    at::Tensor first = at::index_select(runs, 0, at::cumsum(counts, 0) - counts);
    if (!sorted) {
      const at::Tensor order = first.argsort();
      const at::Tensor rank = at::empty({found}, at::kLong).scatter(0, order, at::arange(found, at::kLong));
      first = at::index_select(first, 0, order);
      counts = at::index_select(counts, 0, order);
      inverse = at::index_select(rank, 0, inverse);
    }
    // From the input once more, so that gradients flow.
    return {at::index_select(x, axis, first.to(x.device())), first, inverse, counts};
  };
}

}  // namespace pare::engine
