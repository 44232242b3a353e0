#include "format/ops/binary.h"

namespace pare {

// The remainder has the sign of the divisor, with fmod = 1 that of the dividend. Floats need fmod.
Status infer_mod(InferContext& context) {
  if (context.attributes.integer("fmod", 0) == 0) PARE_TRY(rules::need_type(context, 0, is_integer));
  return rules::infer_binary(context, [](Dim a, Dim b, Symbols&) -> std::optional<Dim> {
    if (!a.known() || !b.known() || a.factor < 0 || b.factor <= 0) return std::nullopt;
    return Dim(a.factor % b.factor);
  });
}

}  // namespace pare
