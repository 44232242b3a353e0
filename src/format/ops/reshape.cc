#include "format/ops/volume.h"

namespace pare {

// Index of the -1 in the wanted shape, after 0 has been replaced by the input's dimension; or its size when there is
// none.
static Result<size_t> copy_reshape_zeros(InferContext& context, Dims& wanted) {
  const bool zero_is_zero = context.attributes.integer("allowzero", 0) != 0;
  const std::optional<Dims>& input = context.in(0).dims;
  size_t open = wanted.size();
  bool has_zero = false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    Dim& dim = wanted[i];
    if (dim == Dim(0)) {
      has_zero = true;
      if (zero_is_zero) continue;
      if (input && i >= input->size()) return rules::invalid("a 0 copies a dimension that the input does not have", i);
      dim = input ? (*input)[i] : Dim(1, context.symbols.fresh());
    } else if (dim == Dim(-1)) {
      if (open != wanted.size()) return rules::invalid("more than one dimension is -1", i);
      open = i;
    } else if (dim.known() && dim.factor < 0) {
      return rules::invalid("a dimension is negative", i);
    } else if (dim.factor < 0) {
      dim = Dim(1, context.symbols.fresh());
    }
  }
  if (zero_is_zero && has_zero && open != wanted.size())
    return rules::invalid("with allowzero a shape cannot have both 0 and -1");
  return open;
}

// The dimension that -1 stands for: elements of the input over elements of all other dimensions.
static Result<Dim> open_dim(const Dims& input, const Dims& wanted, size_t open, Symbols& symbols) {
  rules::Volume all, others;
  PARE_TRY(all.include(input));
  PARE_TRY(others.include(std::span(wanted).first(open)));
  PARE_TRY(others.include(std::span(wanted).subspan(open + 1)));
  if (others.factor() == 0) return rules::invalid("-1 beside a dimension of 0 can be anything");
  rules::Volume::cancel(all, others);
  const bool divides = all.factor() % others.factor() == 0;
  if (all.known() && others.known() && !divides) return rules::invalid("the elements do not fit the new shape");
  if (!others.known() || !divides) return Dim(1, symbols.fresh());
  all.divide_by(others.factor());
  return all.as_dim(symbols);
}

static Status check_reshape_fits(const Dims& input, const Dims& wanted) {
  rules::Volume all, others;
  PARE_TRY(all.include(input));
  PARE_TRY(others.include(wanted));
  rules::Volume::cancel(all, others);
  if (all.known() && others.known() && all.factor() != others.factor())
    return rules::invalid("the elements do not fit the new shape");
  return {};
}

Status infer_reshape(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  const TensorFacts &x = context.in(0), &shape = context.in(1);
  if (shape.dims && shape.dims->size() != 1) return rules::invalid("the shape must be a list", 1);
  if (!shape.value) {
    const std::optional<int64_t> rank = rules::list_length(context, 1);
    if (!rank) return rules::give(context, 0, x.dtype, std::nullopt);
    if (*rank > static_cast<int64_t>(rules::kMaxRank)) return rules::invalid("too many dimensions");
    Dims dims;
    for (int64_t i = 0; i < *rank; ++i) dims.push_back(Dim(1, context.symbols.fresh()));
    return rules::give(context, 0, x.dtype, std::move(dims));
  }
  Dims dims = *shape.value;
  PARE_ASSIGN(const size_t open, copy_reshape_zeros(context, dims));
  if (open == dims.size()) {
    if (x.dims) PARE_TRY(check_reshape_fits(*x.dims, dims));
  } else if (x.dims) {
    PARE_ASSIGN(dims[open], open_dim(*x.dims, dims, open, context.symbols));
  } else {
    dims[open] = Dim(1, context.symbols.fresh());
  }
  return rules::give(context, 0, x.dtype, std::move(dims), x.value);
}

}  // namespace pare
