#include "format/ops/reduce.h"

namespace pare::rules {

Dims reduced(const Dims& dims, const std::vector<bool>& marked, bool keep) {
  Dims out;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!marked[i])
      out.push_back(dims[i]);
    else if (keep)
      out.push_back(Dim(1));
  }
  return out;
}

// Every dimension may be gone: only their number is known, and with keepdims = 0 not even that.
static Status give_open(InferContext& context, bool keep) {
  std::optional<Dims> dims = keep ? context.in(0).dims : std::nullopt;
  if (dims)
    for (Dim& dim : *dims) dim = Dim(1, context.symbols.fresh());
  return give(context, 0, context.in(0).dtype, std::move(dims));
}

Status infer_reduce(InferContext& context, bool (*accepts)(DType)) {
  PARE_TRY(need_inputs(context, 1));
  PARE_TRY(need_type(context, 0, accepts));
  PARE_TRY(need_type(context, 1, is_index));
  const TensorFacts& x = context.in(0);
  const bool keep = context.attributes.integer("keepdims", 1) != 0;
  Shape axes = context.attributes.integers("axes");
  if (context.has(1)) {
    const std::optional<Shape> given = known_value(context, 1);
    if (!given) return give_open(context, keep);
    axes = *given;
  }
  if (!x.dims) return give(context, 0, x.dtype, std::nullopt);
  if (axes.empty() && context.attributes.integer("noop_with_empty_axes", 0) != 0)
    return give(context, 0, x.dtype, x.dims);
  PARE_ASSIGN(std::vector<bool> marked, mark_axes(axes, x.dims->size()));
  if (axes.empty()) marked.assign(x.dims->size(), true);
  return give(context, 0, x.dtype, reduced(*x.dims, marked, keep));
}

Status infer_arg(InferContext& context) {
  PARE_TRY(need_inputs(context, 1));
  PARE_TRY(need_type(context, 0, is_numeric));
  const std::optional<Dims>& dims = context.in(0).dims;
  if (!dims) return give(context, 0, DType::i64, std::nullopt);
  PARE_ASSIGN(const size_t axis, normalize_axis(context.attributes.integer("axis", 0), dims->size()));
  std::vector<bool> marked(dims->size(), false);
  marked[axis] = true;
  return give(context, 0, DType::i64, reduced(*dims, marked, context.attributes.integer("keepdims", 1) != 0));
}

}  // namespace pare::rules
