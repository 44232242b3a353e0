// Flags of every command that writes ONNX.
#pragma once

#include "core/onnx/onnx.h"
#include "core/params.h"

namespace pare::cli {

struct OnnxFlags {
  int64_t opset = 0;
  std::string weights = "compact";
  bool external_data = false;
  template <class V>
  void visit(V& v) {
    v.field("opset", opset, "ONNX opset to write, 11 to 22; 0 for 17, or newer where an op needs it", {0, 22});
    v.field("weights", weights, "how encoded weights are written: small (compact) or as plain floats",
            {"compact", "float"});
    v.field("external_data", external_data, "put large tensors into FILE.data");
  }
  ExportOptions options() const {
    return {.opset = opset,
            .weights = weights == "float" ? WeightStyle::plain : WeightStyle::compact,
            .external_data = external_data};
  }
};

}  // namespace pare::cli
