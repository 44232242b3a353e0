#include "format/ops/binary.h"

#include "format/ops/broadcast.h"

namespace pare::rules {

static std::optional<Dims> binary_value(const Dims& a, const Dims& b, ValueArithmetic arithmetic, Symbols& symbols) {
  if (a.size() != b.size() && a.size() != 1 && b.size() != 1) return std::nullopt;
  const size_t count = a.size() == 1 ? b.size() : a.size();
  Dims out;
  for (size_t i = 0; i < count; ++i) {
    const std::optional<Dim> element = arithmetic(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i], symbols);
    if (!element) return std::nullopt;
    out.push_back(*element);
  }
  return out;
}

Status infer_binary(InferContext& context, ValueArithmetic arithmetic) {
  PARE_TRY(need_inputs(context, 2));
  PARE_ASSIGN(const DType dtype, common_type(context, 0, 1));
  PARE_TRY(need_type(context, 0, is_numeric));
  PARE_TRY(need_type(context, 1, is_numeric));
  const TensorFacts &a = context.in(0), &b = context.in(1);
  if (!a.dims || !b.dims) return give(context, 0, dtype, std::nullopt);
  PARE_ASSIGN(Dims dims, broadcast(*a.dims, *b.dims, context.symbols));
  std::optional<Dims> value;
  if (a.value && b.value && is_index(dtype)) value = binary_value(*a.value, *b.value, arithmetic, context.symbols);
  const auto wraps = [](const Dim& d) { return d.factor < INT32_MIN || d.factor > INT32_MAX; };
  if (value && dtype == DType::i32 && std::any_of(value->begin(), value->end(), wraps)) value.reset();
  return give(context, 0, dtype, std::move(dims), std::move(value));
}

}  // namespace pare::rules
