#include "format/ops/broadcast.h"

namespace pare {

static bool is_shifted(DType type) {
  return type == DType::u8 || type == DType::u16 || type == DType::u32 || type == DType::u64;
}

Status infer_bit_shift(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 1));
  PARE_TRY(rules::need_type(context, 0, is_shifted));
  PARE_TRY(rules::need_type(context, 1, is_shifted));
  const std::string direction = context.attributes.text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") return rules::invalid("BitShift has an unknown direction");
  return rules::give_broadcast(context, dtype, 0, 1);
}

}  // namespace pare
