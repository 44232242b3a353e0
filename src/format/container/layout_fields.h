// The layout of the structs in layout.h, of version 1 and 2. Included by the readers and the writer only.
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

// Sizes of dimensions as places in the list of sizes seen so far, the latest first: layers of the same kind say the
// same, whatever their sizes are.
class Sizes {
 public:
  template <class F, class I>
  void size(F& f, I& size) {
    size_t at = seen_.size();
    if constexpr (!F::reading)
      at = static_cast<size_t>(std::find(seen_.begin(), seen_.end(), static_cast<int64_t>(size)) - seen_.begin());
    uint64_t code = at == seen_.size() ? 0 : at + 1;
    f.unsigned_integer(code);
    f.require(code <= seen_.size(), "reference to a size that was not seen");
    if (!f.ok()) return;
    if (code == 0) {
      f.unsigned_integer(size);
      if (seen_.size() == kMostSizes) seen_.pop_back();
      seen_.insert(seen_.begin(), static_cast<int64_t>(size));
    } else {
      if constexpr (F::reading) size = seen_[code - 1];
      std::rotate(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(code - 1),
                  seen_.begin() + static_cast<std::ptrdiff_t>(code));
    }
  }

 private:
  static constexpr size_t kMostSizes = 32;
  std::vector<int64_t> seen_;
};

template <class F, class D>
void dims_fields(F& f, D& dims, Sizes& sizes) {
  if (f.version() == 1) {
    f.list(dims, [&](auto& d) { f.integer(d.factor), f.unsigned_integer(d.symbol); });
    return;
  }
  // The symbols come after the sizes, up to the last one there is: most often that is the first dimension's.
  uint64_t symbols = 0;
  if constexpr (!F::reading)
    for (size_t i = 0; i < dims.size(); ++i)
      if (dims[i].symbol != 0) symbols = i + 1;
  f.list(dims, [&](auto& d) { sizes.size(f, d.factor); });
  f.unsigned_integer(symbols);
  f.require(symbols <= dims.size(), "more symbols than dimensions");
  for (size_t i = 0; i < symbols && f.ok(); ++i) f.unsigned_integer(dims[i].symbol);
}

// References say how far they are from the one that would come next in a network whose parts are numbered in the order
// of their use: most take the same small number everywhere.
class References {
 public:
  void expect(size_t values) { named_.assign(values, false); }

  template <class F, class I>
  void value(F& f, I& index) {
    if (f.version() == 1) {
      f.integer(index);
      return;
    }
    enum : uint64_t { absent = 0, lowest = 1, next = 2, others = 3 };
    uint64_t code = 0;
    const auto low = static_cast<int64_t>(low_), top = static_cast<int64_t>(top_);
    if constexpr (!F::reading)
      code = index < 0 ? absent : index == low ? lowest : index == top ? next : others + zigzag(top - index);
    f.unsigned_integer(code);
    if constexpr (F::reading) {
      index = code == absent   ? -1
              : code == lowest ? low
              : code == next
                  ? top
                  : static_cast<int64_t>(static_cast<uint64_t>(top) - static_cast<uint64_t>(unzigzag(code - others)));
      f.require(index >= -1 && index < static_cast<int64_t>(named_.size()), "reference to a missing value");
      if (!f.ok()) return;
    }
    if (index >= 0) name(static_cast<size_t>(index));
  }
  template <class F, class T>
  void values(F& f, T& list) {
    f.list(list, [&](auto& v) { value(f, v); });
  }

 private:
  void name(size_t index) {
    named_[index] = true;
    top_ = std::max(top_, index + 1);
    while (low_ < named_.size() && named_[low_]) ++low_;
  }
  std::vector<bool> named_;
  size_t low_ = 0, top_ = 0;  // the lowest value that was not named yet; one above the highest that was
};

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

// The grid of a tensor in version 2, whose lists are coded apart (tables.h).
template <class F, class T>
void apart_grid_fields(F& f, T& t) {
  enum : uint64_t { is_signed = 1, has_axis = 2, has_block = 4, has_zero_points = 8, has_dim = 16 };
  auto& g = *t.grid;
  uint64_t head = 0;
  if constexpr (!F::reading) {
    head = static_cast<uint64_t>(g.kind) |
           (when(g.is_signed, is_signed) | when(g.axis != -1, has_axis) | when(g.block != 0, has_block) |
            when(t.zero_points, has_zero_points) | when(g.dim != 1, has_dim))
               << 2;
  }
  f.unsigned_integer(head);
  const uint64_t flags = head >> 2;
  f.require(flags < 32, "unknown flags of a grid");
  f.unsigned_integer(g.bits);
  f.require(g.bits >= 1 && g.bits <= 32, "bits of a grid must be 1 to 32");
  if constexpr (F::reading) {
    g.kind = static_cast<GridKind>(head & 3);
    g.is_signed = (flags & is_signed) != 0;
    f.require(g.kind <= GridKind::power_of_two, "unknown kind of grid");
    t.zero_points = (flags & has_zero_points) != 0;
  }
  if (flags & has_axis) f.unsigned_integer(g.axis);
  if (flags & has_block) f.unsigned_integer(g.block);
  if (flags & has_dim) f.unsigned_integer(g.dim);
  f.require(g.axis >= -1 && g.block >= 0 && g.dim >= 1, "bad grid");
  if (g.kind == GridKind::codebook) {
    const uint64_t most = uint64_t{1} << g.bits;
    uint64_t missing = most - t.entries;  // none in most codebooks
    f.unsigned_integer(missing);
    f.require(missing < most, "codebook without entries");
    if constexpr (F::reading) t.entries = most - missing;
  }
}

template <class F, class T>
void tensor_fields(F& f, T& t, Sizes& sizes) {
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
  f.list(t.shape, [&](auto& d) {
    if (f.version() == 1)
      f.unsigned_integer(d);
    else
      sizes.size(f, d);
  });
  f.require(element_count(t.shape).has_value(), "tensor too large");
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
    if (f.version() == 1)
      grid_fields(f, *t.grid);
    else
      apart_grid_fields(f, t);
  }
  if (f.version() == 1 || !f.ok()) return;
  bool is_tables = t.grid.has_value();
  const auto guess = static_cast<int64_t>(kBytesOfNumber * table_numbers(t));
  f.items(t.parts, part_count(t), [&](auto& length) {
    if (!is_tables) {
      f.unsigned_integer(length);
      return;
    }
    is_tables = false;
    int64_t above = static_cast<int64_t>(length) - guess;
    f.integer(above);
    if constexpr (F::reading) length = static_cast<uint64_t>(guess) + static_cast<uint64_t>(above);
  });
}

// Tensors are stored where they are first named, as long as that is in their order; the others come at the end.
template <class T>
struct TensorList {
  T& records;
  Sizes sizes;
  size_t stored = 0;

  explicit TensorList(T& list) : records(list) {}
  template <class F, class I>
  void reference(F& f, I& index) {
    if (f.version() == 1) {
      f.unsigned_integer(index);
      f.require(index >= 0, "bad tensor index");
      return;
    }
    uint64_t code = 0;  // the next one, which follows; else index + 1
    if constexpr (!F::reading) code = static_cast<uint64_t>(index) == stored ? 0 : static_cast<uint64_t>(index) + 1;
    f.unsigned_integer(code);
    f.require(code <= uint64_t{1} << 62, "bad tensor index");
    if (!f.ok()) return;
    if constexpr (F::reading) index = static_cast<int64_t>(code == 0 ? stored : code - 1);
    if (code != 0) return;
    if constexpr (F::reading) f.item(records);
    if (f.ok()) tensor_fields(f, records[stored++], sizes);
  }
  template <class F>
  void rest(F& f) {
    uint64_t count = 0;
    if constexpr (!F::reading) count = records.size() - stored;
    f.unsigned_integer(count);
    for (uint64_t i = 0; i < count && f.ok(); ++i) {
      if constexpr (F::reading) f.item(records);
      if (f.ok()) tensor_fields(f, records[stored++], sizes);
    }
  }
};

// The alternatives of AttributeValue by index; 6 is a tensor in the tensor records.
template <class F, class A, class T>
void attribute_fields(F& f, A& a, T& tensors) {
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
      tensors.reference(f, a.tensor);
      break;
    default:
      f.text(std::get_if<7>(&a.value)->proto);
      break;
  }
}

template <class F, class N, class T>
void node_fields(F& f, N& n, References& references, T& tensors) {
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
  references.values(f, n.inputs);
  references.values(f, n.outputs);
  if (flags & has_captured) references.values(f, n.captured);
  if (flags & has_attributes) f.list(n.attributes, [&](auto& a) { attribute_fields(f, a, tensors); });
  if (flags & has_version) f.unsigned_integer(n.version);
}

template <class F, class V, class T>
void value_fields(F& f, V& v, T& tensors) {
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
  if (flags & has_tensor) tensors.reference(f, v.tensor);
  if constexpr (F::reading) {
    v.dims_of_tensor = (flags & dims_of_tensor) != 0;
    v.trainable = (flags & trainable) != 0;
    if (flags & has_dims) v.dims.emplace();
    if (flags & has_grid) v.activation_grid.emplace();
    f.require(!v.dims_of_tensor || (flags & has_tensor) != 0, "dimensions of a missing tensor");
  }
  if (flags & has_dims) dims_fields(f, *v.dims, tensors.sizes);
  if (flags & has_source_dtype) dtype_field(f, v.source_dtype);
  if (flags & has_grid) grid_fields(f, *v.activation_grid);
}

template <class F, class G, class T>
void graph_fields(F& f, G& g, T& tensors) {
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
  References references;
  f.list(g.values, [&](auto& v) { value_fields(f, v, tensors); });
  references.expect(g.values.size());
  if (f.version() != 1) references.values(f, g.inputs);
  f.list(g.nodes, [&](auto& n) { node_fields(f, n, references, tensors); });
  if (f.version() == 1) references.values(f, g.inputs);
  references.values(f, g.outputs);
}

// All of a version 2 file that is not elements.
template <class F, class S>
void structure_fields(F& f, S& s) {
  f.list(s.others, [&](auto& o) { f.unsigned_integer(o.tag), f.unsigned_integer(o.length); });
  TensorList tensors(s.tensors);
  graph_fields(f, s.graph, tensors);
  tensors.rest(f);
}

}  // namespace pare
