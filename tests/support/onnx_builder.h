// ONNX bytes for tests, field by field: also what no sane exporter writes.
#pragma once

#include <string>
#include <vector>

#include "core/onnx/onnx.h"
#include "core/onnx/schema.h"

namespace pare::testing {

using namespace onnx_proto;

template <class Field>
class Message {
 public:
  Message& text(Field f, const std::string& v) {
    protozero::pbf_builder<Field>(bytes).add_string(f, v);
    return *this;
  }
  Message& integer(Field f, int64_t v) {
    protozero::pbf_builder<Field>(bytes).add_int64(f, v);
    return *this;
  }
  Message& real(Field f, float v) {
    protozero::pbf_builder<Field>(bytes).add_float(f, v);
    return *this;
  }
  template <class Inner>
  Message& message(Field f, const Message<Inner>& v) {
    return text(f, v.bytes);
  }
  template <class T>
  Message& packed(Field f, const std::vector<T>& v) {
    protozero::pbf_builder<Field> w(bytes);
    if constexpr (std::is_same_v<T, float>)
      w.add_packed_float(f, v.begin(), v.end());
    else if constexpr (std::is_same_v<T, double>)
      w.add_packed_double(f, v.begin(), v.end());
    else
      w.add_packed_int64(f, v.begin(), v.end());
    return *this;
  }
  std::string bytes;
};

inline Message<TensorField> tensor(const std::string& name, int64_t type, const std::vector<int64_t>& dims) {
  Message<TensorField> t;
  for (int64_t d : dims) t.integer(TensorField::dims, d);
  t.integer(TensorField::data_type, type);
  if (!name.empty()) t.text(TensorField::name, name);
  return t;
}
inline Message<TensorField> floats(const std::string& name, const std::vector<int64_t>& dims,
                                   const std::vector<float>& values) {
  return tensor(name, 1, dims).packed(TensorField::float_data, values);
}

// A dimension is a number, or a name; "" is one that says nothing.
inline Message<ValueInfoField> value_info(const std::string& name, const std::vector<std::string>& dims,
                                          int64_t type = 1) {
  Message<ShapeField> shape;
  for (const std::string& d : dims) {
    Message<DimensionField> dim;
    if (!d.empty() && isdigit(d[0]))
      dim.integer(DimensionField::dim_value, std::stoll(d));
    else if (!d.empty())
      dim.text(DimensionField::dim_param, d);
    shape.message(ShapeField::dim, dim);
  }
  Message<TensorTypeField> t;
  t.integer(TensorTypeField::elem_type, type).message(TensorTypeField::shape, shape);
  return Message<ValueInfoField>()
      .text(ValueInfoField::name, name)
      .message(ValueInfoField::type, Message<TypeField>().message(TypeField::tensor_type, t));
}

inline Message<NodeField> node(const std::string& type, const std::vector<std::string>& inputs,
                               const std::vector<std::string>& outputs, const std::string& name = "") {
  Message<NodeField> n;
  for (const std::string& i : inputs) n.text(NodeField::input, i);
  for (const std::string& o : outputs) n.text(NodeField::output, o);
  if (!name.empty()) n.text(NodeField::name, name);
  return n.text(NodeField::op_type, type);
}

inline Message<ModelField> model(const Message<GraphField>& graph, int64_t opset = 17, int64_t ir = 8) {
  Message<OpsetField> import;
  import.text(OpsetField::domain, "").integer(OpsetField::version, opset);
  return Message<ModelField>()
      .integer(ModelField::ir_version, ir)
      .message(ModelField::graph, graph)
      .message(ModelField::opset_import, import);
}

// x [N,2] -> MatMul with w [2,3] -> Relu -> y
inline Message<GraphField> small_graph() {
  return Message<GraphField>()
      .message(GraphField::node, node("MatMul", {"x", "w"}, {"h"}, "fc"))
      .message(GraphField::node, node("Relu", {"h"}, {"y"}, "act"))
      .text(GraphField::name, "small")
      .message(GraphField::initializer, floats("w", {2, 3}, {1, 2, 3, 4, 5, 6}))
      .message(GraphField::input, value_info("x", {"N", "2"}))
      .message(GraphField::output, value_info("y", {"N", "3"}));
}

inline Graph parse(const Message<ModelField>& m, bool lifted = true) {
  ImportOptions options;
  options.lift = lifted;
  return parse_onnx(m.bytes, "net.onnx", options);
}

}  // namespace pare::testing
