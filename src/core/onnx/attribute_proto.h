// AttributeProto and AttributeValue.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/onnx/tensor_proto.h"
#include "format/attributes.h"

namespace pare {

struct NamedAttribute {
  std::string name;
  AttributeValue value;
  std::vector<std::string> captured;  // names that its sub-graphs take from outside
};
// Numbers, texts and tensors are read; everything else is kept as an OpaqueAttribute. With `verbatim`, so is every
// attribute that we would write with other bytes (nodes of ops we do not know come out as they came).
NamedAttribute read_attribute(TensorSource& source, std::string_view message, bool verbatim);
// The serialized AttributeProto.
std::string attribute_to_proto(const std::string& name, const AttributeValue& value);

}  // namespace pare
