#include "core/onnx/attribute_proto.h"

#include <type_traits>

#include "core/onnx/subgraph.h"
#include "format/onnx_dtype.h"

namespace pare {
namespace {

using onnx_proto::AttributeField;
using onnx_proto::AttributeKind;

struct RawAttribute {
  std::string name;
  AttributeKind kind = AttributeKind::undefined;
  float real = 0;
  int64_t integer = 0;
  std::string text;
  std::string_view tensor;
  std::vector<float> reals;
  std::vector<int64_t> integers;
  std::vector<std::string> texts;
  std::vector<std::string_view> graphs;
  bool refers = false;                             // to an attribute of a function
  AttributeKind guess = AttributeKind::undefined;  // by the field that is there: very old files leave `type` out
};

RawAttribute read_raw(const WireSource& source, std::string_view message) {
  RawAttribute a;
  for (Fields<AttributeField> f(source, message); f.next();) {
    switch (f.field()) {
      case AttributeField::name:
        a.name = f.text();
        break;
      case AttributeField::type:
        a.kind = static_cast<AttributeKind>(f.integer());
        break;
      case AttributeField::f:
        a.real = f.real();
        a.guess = AttributeKind::real;
        break;
      case AttributeField::i:
        a.integer = f.integer();
        a.guess = AttributeKind::integer;
        break;
      case AttributeField::s:
        a.text = f.text();
        a.guess = AttributeKind::text;
        break;
      case AttributeField::t:
        a.tensor = f.bytes();
        a.guess = AttributeKind::tensor;
        break;
      case AttributeField::floats:
        f.reals(a.reals);
        a.guess = AttributeKind::reals;
        break;
      case AttributeField::ints:
        f.integers(a.integers);
        a.guess = AttributeKind::integers;
        break;
      case AttributeField::strings:
        a.texts.push_back(f.text());
        a.guess = AttributeKind::texts;
        break;
      case AttributeField::g:
      case AttributeField::graphs:
        a.graphs.push_back(f.bytes());
        break;
      case AttributeField::ref_attr_name:
        a.refers = !f.bytes().empty();
        break;
      default:
        f.skip();
    }
  }
  if (a.kind == AttributeKind::undefined) a.kind = a.guess;
  return a;
}

AttributeValue value_of(TensorSource& source, RawAttribute& a, std::string_view message) {
  const OpaqueAttribute as_it_came{std::string(message)};
  if (a.refers) return as_it_came;
  switch (a.kind) {
    case AttributeKind::real:
      return a.real;
    case AttributeKind::integer:
      return a.integer;
    case AttributeKind::text:
      return std::move(a.text);
    case AttributeKind::reals:
      return std::move(a.reals);
    case AttributeKind::integers:
      return std::move(a.integers);
    case AttributeKind::texts:
      return std::move(a.texts);
    case AttributeKind::tensor:
      if (dtype_from_onnx(tensor_element_type(source, a.tensor)) == DType::none) return as_it_came;
      return read_tensor(source, a.tensor).tensor;
    default:
      return as_it_came;
  }
}

}  // namespace

NamedAttribute read_attribute(TensorSource& source, std::string_view message, bool verbatim) {
  RawAttribute raw = read_raw(source.wire, message);
  ensure(!raw.name.empty(), "an attribute has no name");
  NamedAttribute result;
  for (std::string_view graph : raw.graphs) collect_captured(source.wire, graph, result.captured);
  result.name = raw.name;
  result.value = within("attribute '" + raw.name + "'", [&] { return value_of(source, raw, message); });
  const bool lies_elsewhere = !raw.tensor.empty() && is_external(source.wire, raw.tensor);  // and is here by now
  if (verbatim && !lies_elsewhere && attribute_to_proto(result.name, result.value) != message)
    result.value = OpaqueAttribute{std::string(message)};
  if (const auto* opaque = std::get_if<OpaqueAttribute>(&result.value)) source.wire.charge(opaque->proto.size());
  return result;
}

std::string attribute_to_proto(const std::string& name, const AttributeValue& value) {
  if (const auto* opaque = std::get_if<OpaqueAttribute>(&value)) return opaque->proto;
  std::string out;
  protozero::pbf_builder<AttributeField> w(out);
  w.add_string(AttributeField::name, name);
  const AttributeKind kind = std::visit(
      [&](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, int64_t>) {
          w.add_int64(AttributeField::i, v);
          return AttributeKind::integer;
        } else if constexpr (std::is_same_v<T, float>) {
          w.add_float(AttributeField::f, v);
          return AttributeKind::real;
        } else if constexpr (std::is_same_v<T, std::string>) {
          w.add_bytes(AttributeField::s, v);
          return AttributeKind::text;
        } else if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
          for (int64_t x : v) w.add_int64(AttributeField::ints, x);
          return AttributeKind::integers;
        } else if constexpr (std::is_same_v<T, std::vector<float>>) {
          for (float x : v) w.add_float(AttributeField::floats, x);
          return AttributeKind::reals;
        } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          for (const std::string& x : v) w.add_bytes(AttributeField::strings, x);
          return AttributeKind::texts;
        } else if constexpr (std::is_same_v<T, Tensor>) {
          write_tensor(TensorWriter(w, AttributeField::t), v, {});
          return AttributeKind::tensor;
        } else {
          return AttributeKind::undefined;  // opaque: written above
        }
      },
      value);
  w.add_enum(AttributeField::type, static_cast<int32_t>(kind));
  return out;
}

}  // namespace pare
