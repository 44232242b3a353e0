// For the files of this folder: each defines one of these.
#pragma once

#include "core/op_def.h"

namespace pare {

#define PARE_OP(number, kind, onnx_name) extern const OpDef op_##kind;
#include "format/op_list.def"
#undef PARE_OP

}  // namespace pare
