// Field numbers of the ONNX messages (onnx.proto, IR versions 3 to 10): the only place that knows them.
// Fields that we neither read nor write are left out; readers skip what they do not know.
#pragma once

#include "core/onnx/wire.h"

namespace pare::onnx_proto {

using Tag = protozero::pbf_tag_type;

enum class ModelField : Tag {
  ir_version = 1,
  producer_name = 2,
  producer_version = 3,
  domain = 4,
  model_version = 5,
  doc_string = 6,
  graph = 7,
  opset_import = 8,
  metadata_props = 14,
  training_info = 20,
  functions = 25,
};
enum class OpsetField : Tag { domain = 1, version = 2 };
enum class EntryField : Tag { key = 1, value = 2 };
enum class GraphField : Tag {
  node = 1,
  name = 2,
  initializer = 5,
  doc_string = 10,
  input = 11,
  output = 12,
  value_info = 13,
  sparse_initializer = 15,
};
enum class NodeField : Tag {
  input = 1,
  output = 2,
  name = 3,
  op_type = 4,
  attribute = 5,
  doc_string = 6,
  domain = 7,
  overload = 8,
};
enum class FunctionField : Tag {
  name = 1,
  input = 4,
  output = 5,
  node = 7,
  opset_import = 9,
  domain = 10,
  attribute_proto = 11,  // attributes with a default; those without are only named, in field 6
  overload = 13,
};
enum class ValueInfoField : Tag { name = 1, type = 2 };
enum class TypeField : Tag {
  tensor_type = 1,
  sequence_type = 4,
  map_type = 5,
  opaque_type = 7,
  sparse_tensor_type = 8,
  optional_type = 9
};
enum class TensorTypeField : Tag { elem_type = 1, shape = 2 };
enum class ShapeField : Tag { dim = 1 };
enum class DimensionField : Tag { dim_value = 1, dim_param = 2 };
enum class TensorField : Tag {
  dims = 1,
  data_type = 2,
  segment = 3,
  float_data = 4,
  int32_data = 5,
  string_data = 6,
  int64_data = 7,
  name = 8,
  raw_data = 9,
  double_data = 10,
  uint64_data = 11,
  external_data = 13,
  data_location = 14,
};
enum class SparseTensorField : Tag { values = 1 };
enum class AttributeField : Tag {
  name = 1,
  f = 2,
  i = 3,
  s = 4,
  t = 5,
  g = 6,
  floats = 7,
  ints = 8,
  strings = 9,
  tensors = 10,
  graphs = 11,
  doc_string = 13,
  tp = 14,
  type_protos = 15,
  type = 20,
  ref_attr_name = 21,
  sparse_tensor = 22,
  sparse_tensors = 23,
};
// AttributeProto.AttributeType
enum class AttributeKind : int32_t {
  undefined = 0,
  real = 1,
  integer = 2,
  text = 3,
  tensor = 4,
  graph = 5,
  reals = 6,
  integers = 7,
  texts = 8,
  tensors = 9,
  graphs = 10,
  sparse_tensor = 11,
  sparse_tensors = 12,
  type_proto = 13,
  type_protos = 14,
};
inline constexpr int64_t kDataLocationExternal = 1;

// More dimensions than any tensor has: a hostile list must not grow without end.
inline constexpr size_t kMaxRank = 64;

}  // namespace pare::onnx_proto
