// The ops we know. The list is format/op_list.def: `PARE_OP(number, kind, "OnnxName")`, numbers append-only.
#pragma once

#include <cstdint>
#include <string_view>

namespace pare {

enum class OpKind : uint16_t {
  unknown = 0,  // carried by domain, name and version
#define PARE_OP(number, kind, onnx_name) kind = number,
#include "format/op_list.def"
#undef PARE_OP
};

OpKind op_from_onnx(std::string_view onnx_name);  // default domain; unknown when we have no such op
std::string_view onnx_name(OpKind op);            // "" for unknown

}  // namespace pare
