// The layout of the structs in layout.h. Included by read.cc and write.cc only.
#pragma once

#include "format/container/layout.h"
#include "format/fields.h"

namespace pare {

constexpr uint64_t when(bool condition, uint64_t flag) { return condition ? flag : 0; }

template <class F, class T>
void integers(F& f, T& list) {
  f.list(list, [&](auto& v) { f.integer(v); });
}

template <class F, class D>
void dtype_field(F& f, D& type) {
  f.unsigned_integer(type);
  f.require(static_cast<int>(type) < kDTypeCount, "unknown element type");
}

template <class F, class I>
void tensor_index(F& f, I& index) {
  f.unsigned_integer(index);
  f.require(index >= 0, "bad tensor index");
}

template <class F, class D>
void dim_fields(F& f, D& dim) {
  f.integer(dim.factor);
  f.unsigned_integer(dim.symbol);
}

// Small structs that appear one after another share flags so that common cases take a byte.
template <class F, class G>
void grid_fields(F& f, G& g) {
  enum : uint64_t { is_signed = 1, has_axis = 2, has_block = 4, has_zero_points = 8 };
  uint64_t flags = 0;
  if constexpr (!F::reading) {
    flags = when(g.is_signed, is_signed) | when(g.axis != -1, has_axis) | when(g.block != 0, has_block) |
            when(!g.zero_point.empty(), has_zero_points);
  }
  f.unsigned_integer(g.kind);
  f.require(g.kind <= GridKind::power_of_two, "unknown kind of grid");
  f.unsigned_integer(g.bits);
  f.require(g.bits >= 1 && g.bits <= 32, "bits of a grid must be 1 to 32");
  f.unsigned_integer(flags);
  f.require(flags < 16, "unknown flags of a grid");
  if constexpr (F::reading) g.is_signed = (flags & is_signed) != 0;
  auto narrow_integer = [&](auto& v) {
    int64_t wide = v;
    f.integer(wide);
    if constexpr (F::reading) {
      v = static_cast<int32_t>(wide);
      f.require(v == wide, "number too large");
    }
  };
  if (flags & has_axis) narrow_integer(g.axis);
  if (flags & has_block) narrow_integer(g.block);
  if (g.kind == GridKind::codebook) {
    f.unsigned_integer(g.dim);
    f.list(g.codebook, [&](auto& v) { f.real(v); });
  } else {
    f.list(g.scale, [&](auto& v) { f.real(v); });
    if (flags & has_zero_points) f.list(g.zero_point, narrow_integer);
  }
}

// The alternatives of AttributeValue by index; 6 is a tensor in the tensor records.
template <class F, class A>
void attribute_fields(F& f, A& a) {
  constexpr uint64_t kinds = std::variant_size_v<AttributeValue>;
  uint64_t kind = a.value.index();
  f.text(a.name);
  f.unsigned_integer(kind);
  f.require(kind < kinds, "unknown kind of attribute");
  if (!f.ok()) return;
  if constexpr (F::reading) {
    switch (kind) {
      case 0:
        a.value = int64_t{};
        break;
      case 1:
        a.value = float{};
        break;
      case 2:
        a.value = std::string();
        break;
      case 3:
        a.value = std::vector<int64_t>();
        break;
      case 4:
        a.value = std::vector<float>();
        break;
      case 5:
        a.value = std::vector<std::string>();
        break;
      case 6:
        a.value = Tensor();
        break;
      default:
        a.value = OpaqueAttribute();
        break;
    }
  }
  switch (kind) {
    case 0:
      f.integer(*std::get_if<0>(&a.value));
      break;
    case 1:
      f.real(*std::get_if<1>(&a.value));
      break;
    case 2:
      f.text(*std::get_if<2>(&a.value));
      break;
    case 3:
      integers(f, *std::get_if<3>(&a.value));
      break;
    case 4:
      f.list(*std::get_if<4>(&a.value), [&](auto& v) { f.real(v); });
      break;
    case 5:
      f.list(*std::get_if<5>(&a.value), [&](auto& v) { f.text(v); });
      break;
    case 6:
      tensor_index(f, a.tensor);
      break;
    default:
      f.text(std::get_if<7>(&a.value)->proto);
      break;
  }
}

template <class F, class N>
void node_fields(F& f, N& n) {
  enum : uint64_t {
    has_type = 1,
    has_domain = 2,
    has_doc = 4,
    has_captured = 8,
    has_attributes = 16,
    has_version = 32
  };
  uint64_t flags = 0;
  if constexpr (!F::reading) {
    flags = when(!n.type.empty(), has_type) | when(!n.domain.empty(), has_domain) | when(!n.doc.empty(), has_doc) |
            when(!n.captured.empty(), has_captured) | when(!n.attributes.empty(), has_attributes) |
            when(n.version != 0, has_version);
  }
  f.unsigned_integer(n.op);
  f.unsigned_integer(flags);
  f.require(flags < 64, "unknown flags of a node");
  f.text(n.name);
  if (flags & has_type) f.text(n.type);
  if (flags & has_domain) f.text(n.domain);
  if (flags & has_doc) f.text(n.doc);
  integers(f, n.inputs);
  integers(f, n.outputs);
  if (flags & has_captured) integers(f, n.captured);
  if (flags & has_attributes) f.list(n.attributes, [&](auto& a) { attribute_fields(f, a); });
  if (flags & has_version) f.unsigned_integer(n.version);
}

template <class F, class V>
void value_fields(F& f, V& v) {
  enum : uint64_t {
    has_tensor = 1,
    has_dims = 2,
    dims_of_tensor = 4,
    trainable = 8,
    has_source_dtype = 16,
    has_grid = 32
  };
  uint64_t flags = 0;
  if constexpr (!F::reading) {
    flags = when(v.tensor != kNoTensor, has_tensor) | when(v.dims && !v.dims_of_tensor, has_dims) |
            when(v.dims_of_tensor, dims_of_tensor) | when(v.trainable, trainable) |
            when(v.source_dtype != DType::none, has_source_dtype) | when(v.activation_grid.has_value(), has_grid);
  }
  f.unsigned_integer(flags);
  f.require(flags < 64, "unknown flags of a value");
  f.text(v.name);
  dtype_field(f, v.dtype);
  if (flags & has_tensor) tensor_index(f, v.tensor);
  if constexpr (F::reading) {
    v.dims_of_tensor = (flags & dims_of_tensor) != 0;
    v.trainable = (flags & trainable) != 0;
    if (flags & has_dims) v.dims.emplace();
    if (flags & has_grid) v.activation_grid.emplace();
    f.require(!v.dims_of_tensor || (flags & has_tensor) != 0, "dimensions of a missing tensor");
  }
  if (flags & has_dims) f.list(*v.dims, [&](auto& d) { dim_fields(f, d); });
  if (flags & has_source_dtype) dtype_field(f, v.source_dtype);
  if (flags & has_grid) grid_fields(f, *v.activation_grid);
}

template <class F, class G>
void graph_fields(F& f, G& g) {
  f.integer(g.ir_version);
  f.list(g.opsets, [&](auto& o) { f.text(o.domain), f.integer(o.version); });
  f.text(g.producer_name);
  f.text(g.producer_version);
  f.text(g.domain);
  f.integer(g.model_version);
  f.text(g.doc);
  f.text(g.graph_name);
  f.text(g.graph_doc);
  f.list(g.metadata, [&](auto& m) { f.text(m.key), f.text(m.value); });
  f.list(g.symbols, [&](auto& s) { f.unsigned_integer(s.number), f.text(s.name); });
  f.unsigned_integer(g.next_symbol);
  f.list(g.values, [&](auto& v) { value_fields(f, v); });
  f.list(g.nodes, [&](auto& n) { node_fields(f, n); });
  integers(f, g.inputs);
  integers(f, g.outputs);
}

template <class F, class T>
void tensor_fields(F& f, T& t) {
  enum : uint64_t { has_grid = 1, has_stored = 2, has_wanted_codec = 4, has_mask = 8 };
  uint64_t flags = 0;
  if constexpr (!F::reading) {
    flags = when(t.grid.has_value(), has_grid) | when(t.stored != t.dtype, has_stored) |
            when(t.wanted_codec.has_value(), has_wanted_codec) | when(t.mask_codec.has_value(), has_mask);
  }
  f.unsigned_integer(flags);
  f.require(flags < 16, "unknown flags of a tensor");
  dtype_field(f, t.dtype);
  f.require(size_of(t.dtype) != 0, "tensor of unknown element type");
  f.list(t.shape, [&](auto& d) { f.unsigned_integer(d); });
  f.unsigned_integer(t.codec);
  if constexpr (F::reading) {
    t.stored = t.dtype;
    if (flags & has_grid) t.grid.emplace();
    if (flags & has_wanted_codec) t.wanted_codec.emplace();
    if (flags & has_mask) t.mask_codec.emplace();
  }
  if (flags & has_stored) {
    dtype_field(f, t.stored);
    f.require(is_float(t.stored) && is_float(t.dtype), "only floats are stored narrower");
  }
  if (flags & has_wanted_codec) f.unsigned_integer(*t.wanted_codec);
  if (flags & has_mask) f.unsigned_integer(*t.mask_codec);
  if (flags & has_grid) {
    f.require(t.dtype == DType::f32, "only f32 tensors lie on a grid");
    grid_fields(f, *t.grid);
  }
}

}  // namespace pare
