#include "format/ops/slice.h"

#include "format/ops/rule.h"

namespace pare {

// Size along one axis whose bounds may be symbols.
static Dim sliced_dim(Dim size, Dim start, Dim end, int64_t step, Symbols& symbols) {
  const bool bounds_known = start.known() && end.known();
  if (size.known() && bounds_known) return slice_range(start.factor, end.factor, step, size.factor).count;
  if (step == 1 && start == Dim(0)) {
    if (end == size || (end.known() && end.factor >= INT32_MAX))
      return size;  // INT32_MAX and INT64_MAX say "to the end"
    if (size.known() && size.factor == 0) return size;
  }
  if (step == -1 && size.symbol != 0 && bounds_known && start.factor == -1 && end.factor <= -INT32_MAX)
    return size;  // reversed
  return Dim(1, symbols.fresh());
}

struct SliceInputs {
  Shape axes, steps;
  std::optional<Dims> starts, ends;
};

// Axes and steps as numbers; nothing when the rule cannot know which axes are cut.
static Result<std::optional<SliceInputs>> read_slice(const InferContext& context, size_t rank) {
  SliceInputs in;
  in.starts = context.in(1).value;
  in.ends = context.in(2).value;
  std::optional<int64_t> count = rules::list_length(context, 1);
  for (size_t i = 2; i <= 4; ++i) {
    const std::optional<int64_t> length = rules::list_length(context, i);
    if (count && length && *count != *length) return rules::invalid("starts, ends, axes and steps differ in length", i);
    if (!count) count = length;
  }
  if (!count && in.starts) count = static_cast<int64_t>(in.starts->size());
  if (!count) return std::optional<SliceInputs>{};
  if (*count < 0 || *count > static_cast<int64_t>(rank)) return rules::invalid("more bounds than dimensions", 1);
  const size_t n = static_cast<size_t>(*count);
  if (in.starts && in.starts->size() != n) return rules::invalid("starts has another length than it says", 1);
  if (in.ends && in.ends->size() != n) return rules::invalid("starts, ends, axes and steps differ in length", 2);
  if (context.has(3)) {
    const std::optional<Shape> axes = rules::known_value(context, 3);
    if (!axes) return std::optional<SliceInputs>{};
    in.axes = *axes;
  } else {
    for (size_t i = 0; i < n; ++i) in.axes.push_back(static_cast<int64_t>(i));
  }
  if (context.has(4)) {
    const std::optional<Shape> steps = rules::known_value(context, 4);
    in.steps = steps ? *steps : Shape(n, 0);
    if (steps && std::find(steps->begin(), steps->end(), 0) != steps->end()) return rules::invalid("a step is zero", 4);
    if (!steps) in.starts.reset();  // sizes along the axes stay open
  } else {
    in.steps.assign(n, 1);
  }
  if (in.axes.size() != n || in.steps.size() != n)
    return rules::invalid("starts, ends, axes and steps differ in length", 3);
  return std::optional<SliceInputs>(std::move(in));
}

static std::optional<Dims> sliced_value(const Dims& value, const SliceInputs& in) {
  if (in.axes.empty()) return value;
  const Dim start = (*in.starts)[0], end = (*in.ends)[0];
  if (!start.known() || !end.known()) return std::nullopt;
  const SliceRange range = slice_range(start.factor, end.factor, in.steps[0], static_cast<int64_t>(value.size()));
  Dims out;
  for (int64_t i = 0; i < range.count; ++i) out.push_back(value[static_cast<size_t>(range.start + i * range.step)]);
  return out;
}

// data, starts, ends, axes (default: the first ones), steps (default: 1).
Status infer_slice(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 3));
  for (size_t i = 1; i <= 4; ++i) PARE_TRY(rules::need_type(context, i, rules::is_index));
  const TensorFacts& x = context.in(0);
  if (!x.dims) return rules::give(context, 0, x.dtype, std::nullopt);
  Dims dims = *x.dims;
  PARE_ASSIGN(const std::optional<SliceInputs> in, read_slice(context, dims.size()));
  if (!in) {
    for (Dim& dim : dims) dim = Dim(1, context.symbols.fresh());
    return rules::give(context, 0, x.dtype, std::move(dims));
  }
  PARE_TRY(rules::mark_axes(in->axes, dims.size()).status());
  const bool bounded = in->starts && in->ends;
  for (size_t i = 0; i < in->axes.size(); ++i) {
    PARE_ASSIGN(const size_t axis, rules::normalize_axis(in->axes[i], dims.size()));
    dims[axis] = bounded ? sliced_dim(dims[axis], (*in->starts)[i], (*in->ends)[i], in->steps[i], context.symbols)
                         : Dim(1, context.symbols.fresh());
  }
  std::optional<Dims> value;
  if (x.value && x.dims->size() == 1 && bounded) value = sliced_value(*x.value, *in);
  return rules::give(context, 0, x.dtype, std::move(dims), std::move(value));
}

}  // namespace pare
