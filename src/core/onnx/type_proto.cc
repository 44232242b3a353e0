#include "core/onnx/type_proto.h"

#include "format/onnx_dtype.h"

namespace pare {
namespace {

using namespace onnx_proto;

Dim read_dim(const WireSource& source, std::string_view message, SymbolNames& symbols) {
  std::optional<int64_t> size;
  std::string name;
  for (Fields<DimensionField> f(source, message); f.next();) {
    switch (f.field()) {
      case DimensionField::dim_value:
        size = f.integer();
        break;
      case DimensionField::dim_param:
        name = f.text();
        break;
      default:
        f.skip();
    }
  }
  if (!name.empty()) return symbols.named(name);
  return size && *size >= 0 ? Dim(*size) : symbols.unnamed();  // some exporters write -1 for "any"
}

Dims read_shape(const WireSource& source, std::string_view message, SymbolNames& symbols) {
  Dims dims;
  for (Fields<ShapeField> f(source, message); f.next();) {
    if (f.field() == ShapeField::dim) {
      ensure(dims.size() < kMaxRank, "a shape has more than {} dimensions", kMaxRank);
      dims.push_back(read_dim(source, f.bytes(), symbols));
    } else {
      f.skip();
    }
  }
  return dims;
}

void read_type(const WireSource& source, std::string_view message, SymbolNames& symbols, ValueInfo& info) {
  for (Fields<TypeField> f(source, message); f.next();) {
    switch (f.field()) {
      case TypeField::tensor_type:
        for (Fields<TensorTypeField> t(source, f.bytes()); t.next();) {
          switch (t.field()) {
            case TensorTypeField::elem_type:
              info.element_type = t.integer();
              break;
            case TensorTypeField::shape:
              info.dims = read_shape(source, t.bytes(), symbols);
              break;
            default:
              t.skip();
          }
        }
        break;
      case TypeField::sequence_type:
      case TypeField::map_type:
      case TypeField::opaque_type:
      case TypeField::sparse_tensor_type:
      case TypeField::optional_type:
        info.is_tensor = false;
        f.skip();
        break;
      default:
        f.skip();
    }
  }
}

}  // namespace

Dim SymbolNames::named(const std::string& name) {
  const auto [it, is_new] = ids_.try_emplace(name, graph_.next_symbol);
  if (is_new) graph_.symbols[graph_.next_symbol++] = name;
  return Dim(1, it->second);
}

ValueInfo read_value_info(const WireSource& source, std::string_view message, SymbolNames& symbols) {
  ValueInfo info;
  for (Fields<ValueInfoField> f(source, message); f.next();) {
    switch (f.field()) {
      case ValueInfoField::name:
        info.name = f.text();
        break;
      case ValueInfoField::type:
        read_type(source, f.bytes(), symbols, info);
        break;
      default:
        f.skip();
    }
  }
  return info;
}

void write_value_info(protozero::pbf_builder<ValueInfoField> writer, const Graph& graph, const Value& value) {
  writer.add_string(ValueInfoField::name, value.name);
  if (value.dtype == DType::none) return;
  protozero::pbf_builder<TypeField> type(writer, ValueInfoField::type);
  protozero::pbf_builder<TensorTypeField> tensor(type, TypeField::tensor_type);
  tensor.add_int32(TensorTypeField::elem_type, dtype_to_onnx(value.dtype));
  if (!value.dims) return;
  // A builder that nothing was added to leaves no trace, so an empty message (a scalar's shape, a dimension of any
  // size) is written as one.
  if (value.dims->empty()) return tensor.add_message(TensorTypeField::shape, std::string_view{});
  protozero::pbf_builder<ShapeField> shape(tensor, TensorTypeField::shape);
  for (const Dim& d : *value.dims) {
    const auto name = graph.symbols.find(d.symbol);
    if (!d.known() && (d.factor != 1 || name == graph.symbols.end())) {
      shape.add_message(ShapeField::dim, std::string_view{});
      continue;
    }
    protozero::pbf_builder<DimensionField> dim(shape, ShapeField::dim);
    if (d.known()) {
      dim.add_int64(DimensionField::dim_value, d.factor);
    } else {
      dim.add_string(DimensionField::dim_param, name->second);
    }
  }
}

}  // namespace pare
