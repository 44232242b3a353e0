#include "core/op_def.h"

#include "core/ops/define.h"

namespace pare {

const OpDef* op_def(OpKind kind) {
  switch (kind) {
#define PARE_OP(number, kind, onnx_name) \
  case OpKind::kind:                     \
    return &op_##kind;
#include "format/op_list.def"
#undef PARE_OP
    case OpKind::unknown:
      break;
  }
  return nullptr;
}

}  // namespace pare
