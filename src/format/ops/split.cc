#include "format/ops/rule.h"

namespace pare {

// Sizes of the parts along the axis. Without `split` the outputs share the axis equally; where they are counted
// (num_outputs of opset 18), the last may be smaller.
static Result<Dims> split_sizes(const InferContext& context, Dim whole) {
  const size_t parts = context.outputs.size();
  Dims sizes;
  if (context.attributes.has("split")) {  // the form until opset 12
    const Shape given = context.attributes.integers("split");
    if (given.size() != parts) return rules::invalid("split needs one size per output");
    return to_dims(given);
  }
  if (context.attributes.has("num_outputs") && !context.has(1)) {
    const int64_t count = static_cast<int64_t>(parts);
    if (context.attributes.integer("num_outputs", 0) != count) return rules::invalid("Split counts other outputs");
    if (!whole.known()) {
      for (size_t i = 0; i < parts; ++i) sizes.push_back(Dim(1, context.symbols.fresh()));
      return sizes;
    }
    const int64_t part = whole.factor / count + (whole.factor % count != 0);
    for (int64_t left = whole.factor; sizes.size() < parts; left -= part) {
      if (left < 0) return rules::invalid("the axis has fewer elements than parts need");
      sizes.push_back(Dim(std::min(part, left)));
    }
    return sizes;
  }
  if (!context.has(1)) {
    const int64_t count = static_cast<int64_t>(parts);
    if (whole.known() && whole.factor % count != 0) return rules::invalid("the axis does not split into equal parts");
    const Dim part =
        whole.factor % count == 0 ? Dim(whole.factor / count, whole.symbol) : Dim(1, context.symbols.fresh());
    return Dims(parts, part);
  }
  if (const std::optional<int64_t> length = rules::list_length(context, 1);
      length && *length != static_cast<int64_t>(parts))
    return rules::invalid("split needs one size per output", 1);
  const std::optional<Dims>& given = context.in(1).value;
  if (!given) {
    for (size_t i = 0; i < parts; ++i) sizes.push_back(Dim(1, context.symbols.fresh()));
    return sizes;
  }
  if (given->size() != parts) return rules::invalid("split needs one size per output", 1);
  int64_t sum = 0;
  bool all_known = true;
  for (const Dim& size : *given) {
    if (size.factor < 0) return rules::invalid("a part has a negative size", 1);
    all_known = all_known && size.known();
    const std::optional<int64_t> next = checked_add(sum, size.factor);
    if (!next) return rules::invalid("the parts do not add up to the axis", 1);
    sum = *next;
  }
  if (all_known && whole.known() && sum != whole.factor)
    return rules::invalid("the parts do not add up to the axis", 1);
  return *given;
}

Status infer_split(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  if (context.outputs.empty()) return rules::invalid("Split needs outputs");
  const TensorFacts& x = context.in(0);
  if (!x.dims) {
    for (size_t i = 0; i < context.outputs.size(); ++i) PARE_TRY(rules::give(context, i, x.dtype, std::nullopt));
    return {};
  }
  PARE_ASSIGN(const size_t axis, rules::normalize_axis(context.attributes.integer("axis", 0), x.dims->size()));
  PARE_ASSIGN(const Dims sizes, split_sizes(context, (*x.dims)[axis]));
  size_t begin = 0;  // of this part, for as long as sizes are known
  bool follow = x.value.has_value();
  for (size_t i = 0; i < context.outputs.size(); ++i) {
    Dims dims = *x.dims;
    dims[axis] = sizes[i];
    std::optional<Dims> value;
    follow = follow && sizes[i].known() && static_cast<uint64_t>(sizes[i].factor) <= x.value->size() - begin;
    if (follow) {
      const size_t end = begin + static_cast<size_t>(sizes[i].factor);
      value = Dims(x.value->begin() + static_cast<std::ptrdiff_t>(begin),
                   x.value->begin() + static_cast<std::ptrdiff_t>(end));
      begin = end;
    }
    PARE_TRY(rules::give(context, i, x.dtype, std::move(dims), std::move(value)));
  }
  return {};
}

}  // namespace pare
