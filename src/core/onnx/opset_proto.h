// OperatorSetIdProto, of models and of functions.
#pragma once

#include <string>

#include "core/graph.h"
#include "core/onnx/schema.h"

namespace pare {

// The default domain has two names.
inline std::string plain_domain(std::string domain) { return domain == "ai.onnx" ? std::string() : domain; }

inline OpsetImport read_opset(const WireSource& source, std::string_view message) {
  using onnx_proto::OpsetField;
  OpsetImport opset{"", 0};
  for (Fields<OpsetField> f(source, message); f.next();) {
    switch (f.field()) {
      case OpsetField::domain:
        opset.domain = plain_domain(f.text());
        break;
      case OpsetField::version:
        opset.version = f.integer();
        break;
      default:
        f.skip();
    }
  }
  return opset;
}

}  // namespace pare
