#include "core/onnx/unfold.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include "core/edit.h"
#include "core/error.h"
#include "format/onnx_dtype.h"

namespace pare {
namespace {

constexpr int64_t kPerAxisOpset = 13;   // QuantizeLinear and DequantizeLinear have no axis before
constexpr int64_t kCastBf16Opset = 13;  // Cast knows bf16 since
constexpr int64_t kMaxEntries = 65536;  // indices of a codebook are u8 or u16
constexpr int64_t kNodeBytes = 200;     // what the extra nodes and names of a codebook take in a file, about

// Integers of a QuantizeLinear pair that hold the levels; none when they are wider than ONNX has at this opset.
DType level_type(const Grid& grid) {
  if (grid.bits > 8) return DType::none;
  return grid.is_signed ? DType::i8 : DType::u8;
}

template <class To>
Tensor converted(const Shape& shape, std::span<const int32_t> from) {
  Tensor out(dtype_of<To>, shape);
  auto to = out.edit<To>();
  std::transform(from.begin(), from.end(), to.begin(), [](int32_t v) { return static_cast<To>(v); });
  return out;
}
Tensor narrow(DType type, const Shape& shape, std::span<const int32_t> from) {
  switch (type) {
    case DType::i8:
      return converted<int8_t>(shape, from);
    case DType::u8:
      return converted<uint8_t>(shape, from);
    case DType::u16:
      return converted<uint16_t>(shape, from);
    default:
      return converted<int32_t>(shape, from);
  }
}

class Unfolder {
 public:
  Unfolder(Graph& graph, const ExportOptions& options, int64_t opset)
      : graph_(graph), options_(options), opset_(opset) {
    for (const Value& value : graph.values) taken_.insert(value.name);
    for (const Node& node : graph.nodes) taken_.insert(node.name);
  }

  void run() {
    const auto count = static_cast<ValueId>(graph_.values.size());
    for (ValueId id = 0; id < count; ++id) {
      if (graph_.value(id).constant) {
        unfold_constant(id);
      } else if (graph_.value(id).activation_grid) {
        unfold_activation(id);
      }
    }
    sort_topologically(graph_);
  }

 private:
  std::string fresh(const std::string& base) {
    std::string name = base;
    for (int i = 1; !taken_.insert(name).second; ++i) name = fmt::format("{}_{}", base, i);
    return name;
  }
  std::string part(ValueId id, const char* what) { return fresh(graph_.value(id).name + "_" + what); }

  // A node that produces the existing value `output`.
  void produce(ValueId output, OpKind op, std::vector<ValueId> inputs, Attributes attributes = {}) {
    Node node;
    node.name = part(output, op == OpKind::dequantize_linear ? "dequantize"
                             : op == OpKind::quantize_linear ? "quantize"
                                                             : "make");
    node.op = op;
    node.type = onnx_name(op);
    node.inputs = std::move(inputs);
    node.outputs = {output};
    node.attributes = std::move(attributes);
    add_node(graph_, std::move(node));
  }
  // The constant is computed from now on; its name, and so what sub-graphs and the outside know, stays.
  void becomes_computed(ValueId id) {
    Value& value = graph_.value(id);
    value.dims = to_dims(value.constant->shape());
    value.constant.reset();
    value.encoding = {};
    value.source_dtype = DType::none;
  }

  void unfold_constant(ValueId id) {
    const Value& value = graph_.value(id);
    if (options_.weights == WeightStyle::compact && value.encoding.grid && value.encoding.levels &&
        value.constant->dtype() == DType::f32) {
      const Grid grid = *value.encoding.grid;
      if (grid.kind == GridKind::affine && write_affine(id, grid)) return;
      if (grid.kind != GridKind::affine && write_codebook(id, grid)) return;
    }
    if (options_.keep_source_types && value.source_dtype != DType::none &&
        value.source_dtype != value.constant->dtype())
      write_source_type(id);
  }

  // scale and zero point of an affine grid as the constants that QuantizeLinear and DequantizeLinear read.
  std::vector<ValueId> scale_and_zero(ValueId id, const Grid& grid, DType type, bool need_zero) {
    const bool per_axis = grid.axis >= 0 && grid.scale.size() > 1;
    const Shape shape = per_axis ? Shape{static_cast<int64_t>(grid.scale.size())} : Shape{};
    std::vector<ValueId> ids = {add_constant(graph_, part(id, "scale"), Tensor::of<float>(shape, grid.scale))};
    std::vector<int32_t> zeros = grid.zero_point;
    zeros.resize(grid.scale.size(), zeros.empty() ? 0 : zeros.back());
    const bool all_zero = std::all_of(zeros.begin(), zeros.end(), [](int32_t z) { return z == 0; });
    if (need_zero || !all_zero) ids.push_back(add_constant(graph_, part(id, "zero_point"), narrow(type, shape, zeros)));
    return ids;
  }
  bool is_linear(const Grid& grid, DType type) const {
    if (grid.kind != GridKind::affine || type == DType::none || grid.block != 0 || grid.dim != 1) return false;
    if (grid.axis >= 0 && grid.scale.size() > 1 && opset_ < kPerAxisOpset) return false;
    const int32_t low = type == DType::i8 ? -128 : 0, high = type == DType::i8 ? 127 : 255;
    return std::all_of(grid.zero_point.begin(), grid.zero_point.end(),
                       [&](int32_t z) { return z >= low && z <= high; });
  }
  static Attributes axis_of(const Grid& grid) {
    Attributes attributes;
    if (grid.axis >= 0 && grid.scale.size() > 1) attributes.set("axis", int64_t{grid.axis});
    return attributes;
  }

  bool write_affine(ValueId id, const Grid& grid) {
    const DType type = level_type(grid);
    if (!is_linear(grid, type)) return false;
    const Tensor levels = *graph_.value(id).encoding.levels;
    std::vector<ValueId> inputs = {
        add_constant(graph_, part(id, "levels"), narrow(type, levels.shape(), levels.view<int32_t>()))};
    for (const ValueId more : scale_and_zero(id, grid, type, false)) inputs.push_back(more);
    becomes_computed(id);
    produce(id, OpKind::dequantize_linear, std::move(inputs), axis_of(grid));
    return true;
  }

  // Gather(codebook, Cast(indices)); rows of several elements are laid out by a Reshape.
  bool write_codebook(ValueId id, const Grid& grid) {
    const Tensor levels = *graph_.value(id).encoding.levels;
    const Tensor constant = *graph_.value(id).constant;
    const std::optional<Tensor> codebook = codebook_of(grid);
    if (!codebook) return false;
    const int64_t first = grid.kind == GridKind::codebook ? 0 : grid.lowest();
    const DType type = codebook->dim(0) <= 256 ? DType::u8 : DType::u16;
    const auto bytes =
        levels.size() * static_cast<int64_t>(size_of(type)) + static_cast<int64_t>(codebook->byte_size());
    if (bytes + kNodeBytes >= static_cast<int64_t>(constant.byte_size())) return false;
    std::vector<int32_t> indices(levels.view<int32_t>().begin(), levels.view<int32_t>().end());
    for (int32_t& index : indices) index -= static_cast<int32_t>(first);
    const ValueId stored = add_constant(graph_, part(id, "indices"), narrow(type, levels.shape(), indices));
    const ValueId book = add_constant(graph_, part(id, "codebook"), *codebook);
    const ValueId wide = add_value(graph_, part(id, "wide_indices"), DType::i32, to_dims(levels.shape()));
    Attributes to_i32;
    to_i32.set("to", int64_t{dtype_to_onnx(DType::i32)});
    produce(wide, OpKind::cast, {stored}, to_i32);
    becomes_computed(id);
    if (codebook->rank() == 1) {
      produce(id, OpKind::gather, {book, wide});
      return true;
    }
    Dims row_dims = to_dims(levels.shape());
    row_dims.emplace_back(codebook->dim(1));
    const ValueId rows = add_value(graph_, part(id, "rows"), DType::f32, row_dims);
    produce(rows, OpKind::gather, {book, wide});
    const Shape& shape = constant.shape();
    const ValueId target =
        add_constant(graph_, part(id, "shape"), Tensor::of<int64_t>({static_cast<int64_t>(shape.size())}, shape));
    produce(id, OpKind::reshape, {rows, target});
    return true;
  }
  // All values of a grid in one table, or nothing when one table does not do.
  static std::optional<Tensor> codebook_of(const Grid& grid) {
    if (grid.kind == GridKind::codebook) {
      const int64_t entries = static_cast<int64_t>(grid.codebook.size()) / grid.dim;
      if (entries > kMaxEntries) return {};
      return Tensor::of<float>(grid.dim == 1 ? Shape{entries} : Shape{entries, grid.dim}, grid.codebook);
    }
    if (grid.scale.size() != 1 || grid.bits > 8) return {};
    std::vector<int32_t> every(static_cast<size_t>(grid.highest() - grid.lowest() + 1));
    std::iota(every.begin(), every.end(), static_cast<int32_t>(grid.lowest()));
    const Shape shape = {static_cast<int64_t>(every.size())};
    Grid flat = grid;
    flat.axis = -1;
    Result<Tensor> table = dequantize(flat, Tensor::of<int32_t>(shape, every), shape);
    if (!table.ok()) return {};
    return std::move(table).value();
  }

  // The initializer has the source's type; a Cast to f32 follows, since that is what the network computes in.
  void write_source_type(ValueId id) {
    const DType type = graph_.value(id).source_dtype;
    if (type == DType::bf16 && opset_ < kCastBf16Opset) return;
    const Tensor wide = *graph_.value(id).constant;
    const Tensor stored = cast(wide, type);
    const Tensor back = cast(stored, DType::f32);  // a trained value may have left the range of f16
    for (int64_t i = 0; i < back.size(); ++i) {
      if (std::isinf(back.view<float>()[static_cast<size_t>(i)]) &&
          std::isfinite(wide.view<float>()[static_cast<size_t>(i)]))
        return;
    }
    const ValueId source = add_constant(graph_, part(id, std::string(name_of(type)).c_str()), stored);
    becomes_computed(id);
    Attributes to_f32;
    to_f32.set("to", int64_t{dtype_to_onnx(DType::f32)});
    produce(id, OpKind::cast, {source}, to_f32);
  }

  // Every user reads the value after a QuantizeLinear/DequantizeLinear pair; grids of less than 8 bits are clipped
  // first.
  void unfold_activation(ValueId id) {
    const Grid grid = *graph_.value(id).activation_grid;
    graph_.value(id).activation_grid.reset();
    const DType type = level_type(grid);
    if (!is_linear(grid, type))
      fail(Code::unsupported, "the grid of the activation '{}' cannot be written as QuantizeLinear",
           graph_.value(id).name);
    const auto dims = graph_.value(id).dims;
    const ValueId result = add_value(graph_, part(id, "dequantized"), DType::f32, dims);
    replace_uses(graph_, id, result);
    ValueId from = id;
    if (grid.bits < 8) {
      if (grid.scale.size() != 1)
        fail(Code::unsupported, "the activation '{}' has fewer than 8 bits and one scale per channel",
             graph_.value(id).name);
      const auto bound = [&](int64_t level) {
        return static_cast<float>(level - (grid.zero_point.empty() ? 0 : grid.zero_point[0])) * grid.scale[0];
      };
      const ValueId low = add_constant(graph_, part(id, "lowest"), Tensor::scalar(bound(grid.lowest())));
      const ValueId high = add_constant(graph_, part(id, "highest"), Tensor::scalar(bound(grid.highest())));
      const ValueId clipped = add_value(graph_, part(id, "clipped"), DType::f32, dims);
      produce(clipped, OpKind::clip, {id, low, high});
      from = clipped;
    }
    const std::vector<ValueId> constants = scale_and_zero(id, grid, type, true);
    const ValueId levels = add_value(graph_, part(id, "quantized"), type, dims);
    produce(levels, OpKind::quantize_linear, {from, constants[0], constants[1]}, axis_of(grid));
    produce(result, OpKind::dequantize_linear, {levels, constants[0], constants[1]}, axis_of(grid));
  }

  Graph& graph_;
  const ExportOptions& options_;
  int64_t opset_;
  std::unordered_set<std::string> taken_;
};

}  // namespace

bool has_foldings(const Graph& graph, const ExportOptions& options) {
  return std::any_of(graph.values.begin(), graph.values.end(), [&](const Value& v) {
    return v.activation_grid || (v.constant && ((v.encoding.grid && options.weights == WeightStyle::compact) ||
                                                (options.keep_source_types && v.source_dtype != DType::none)));
  });
}

void unfold(Graph& graph, const ExportOptions& options, int64_t opset) { Unfolder(graph, options, opset).run(); }

}  // namespace pare
