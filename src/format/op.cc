#include "format/op.h"

namespace pare {

OpKind op_from_onnx(std::string_view name) {
#define PARE_OP(number, kind, onnx) \
  if (name == onnx) return OpKind::kind;
#include "format/op_list.def"
#undef PARE_OP
  return OpKind::unknown;
}

std::string_view onnx_name(OpKind op) {
  switch (op) {
#define PARE_OP(number, kind, onnx) \
  case OpKind::kind:                \
    return onnx;
#include "format/op_list.def"
#undef PARE_OP
    case OpKind::unknown:
      break;
  }
  return "";
}

}  // namespace pare
