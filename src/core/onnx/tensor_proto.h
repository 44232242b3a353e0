// TensorProto and Tensor.
#pragma once

#include <string>

#include "core/onnx/external_data.h"
#include "core/onnx/schema.h"
#include "format/tensor.h"

namespace pare {

// Where tensors of a file come from: its bytes, what keeps them alive (nothing: tensors are copied) and the files of
// its external data.
struct TensorSource {
  WireSource& wire;
  std::shared_ptr<const void> owner;
  ExternalFiles external;
};
struct NamedTensor {
  std::string name;
  Tensor tensor;
};
// Error(unsupported) for strings and complex numbers.
NamedTensor read_tensor(TensorSource& source, std::string_view message);
// Does its data lie in another file?
bool is_external(const WireSource& source, std::string_view message);
// The element type alone (TensorProto.DataType).
int64_t tensor_element_type(TensorSource& source, std::string_view message);

using TensorWriter = protozero::pbf_builder<onnx_proto::TensorField>;
// Everything but the elements: dimensions, element type, name.
void write_tensor_type(TensorWriter& writer, const Tensor& tensor, const std::string& name);
// Goes to `external` when that is given and the tensor has more than 1 KiB.
void write_tensor(TensorWriter writer, const Tensor& tensor, const std::string& name, ExternalSink* external = nullptr);

}  // namespace pare
