#include "core/error.h"
#include "train/torch/op.h"

namespace pare::engine {

#define PARE_OP(number, kind, name) Kernel prepare_##kind(const Node& node);
#include "format/op_list.def"
#undef PARE_OP

Prepare find_op(OpKind op) {
  switch (op) {
#define PARE_OP(number, kind, name) \
  case OpKind::kind:                \
    return prepare_##kind;
#include "format/op_list.def"
#undef PARE_OP
    case OpKind::unknown:
      break;
  }
  return nullptr;
}

int64_t axis_of(int64_t axis, int64_t rank) {
  ensure(axis >= -rank && axis < rank, "axis {} of a tensor of rank {}", axis, rank);
  return axis < 0 ? axis + rank : axis;
}

}  // namespace pare::engine
