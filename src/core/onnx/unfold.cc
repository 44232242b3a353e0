#include "core/onnx/unfold.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "core/edit.h"
#include "core/error.h"
#include "core/passes/pass.h"
#include "format/onnx_dtype.h"

namespace pare {
namespace {

constexpr int64_t kPerAxisOpset = 13;   // QuantizeLinear and DequantizeLinear have no axis before
constexpr int64_t kCastBf16Opset = 13;  // Cast knows bf16 since
constexpr int64_t kMaxEntries = 65536;  // indices of a codebook are u8 or u16
constexpr int64_t kNodeBytes = 200;     // what the extra nodes and names of a codebook take in a file, about

// Can the nodes of `opset` say where the scales lie? Everything else about it, unfold_qdq knows.
bool has_place(const Grid& grid, int64_t opset) { return grid.axis < 0 || opset >= kPerAxisOpset; }

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
        clip_activation(id);
      }
    }
    unfold_qdq(graph_);
    for (const Value& value : graph_.values) {
      if (value.activation_grid) {
        fail(Code::unsupported, "the grid of the activation '{}' cannot be written as QuantizeLinear", value.name);
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
    node.name = part(output, "make");
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
    Value& value = graph_.value(id);
    if (const std::optional<Grid> grid = value.encoding.grid) {
      const bool compact = options_.weights == WeightStyle::compact && value.constant->dtype() == DType::f32;
      if (compact && grid->kind == GridKind::affine && has_place(*grid, opset_)) return;  // left to unfold_qdq
      if (compact && grid->kind != GridKind::affine && write_codebook(id, *grid)) return;
      value.encoding = {};
    }
    if (options_.keep_source_types && value.source_dtype != DType::none &&
        value.source_dtype != value.constant->dtype())
      write_source_type(id);
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
    Tensor indices = levels;
    for (int32_t& index : indices.edit<int32_t>()) index -= static_cast<int32_t>(first);
    const ValueId stored = add_constant(graph_, part(id, "indices"), cast(indices, type));
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
    if (!(cast(stored, DType::f32) == wide)) return;  // it would not be the network that was measured
    const ValueId source = add_constant(graph_, part(id, std::string(name_of(type)).c_str()), stored);
    becomes_computed(id);
    Attributes to_f32;
    to_f32.set("to", int64_t{dtype_to_onnx(DType::f32)});
    produce(id, OpKind::cast, {source}, to_f32);
  }

  // QuantizeLinear saturates at 8 bits: grids of fewer are clipped first, and 8 bits hold what comes out.
  void clip_activation(ValueId id) {
    Grid grid = *graph_.value(id).activation_grid;
    if (grid.kind != GridKind::affine || grid.bits >= 8 || grid.scale.size() != 1) return;
    const auto bound = [&](int64_t level) {
      return static_cast<float>(level - (grid.zero_point.empty() ? 0 : grid.zero_point[0])) * grid.scale[0];
    };
    const ValueId low = add_constant(graph_, part(id, "lowest"), Tensor::scalar(bound(grid.lowest())));
    const ValueId high = add_constant(graph_, part(id, "highest"), Tensor::scalar(bound(grid.highest())));
    const ValueId clipped = add_value(graph_, part(id, "clipped"), DType::f32, graph_.value(id).dims);
    replace_uses(graph_, id, clipped);
    produce(clipped, OpKind::clip, {id, low, high});
    grid.bits = 8;
    graph_.value(id).activation_grid.reset();
    graph_.value(clipped).activation_grid = std::move(grid);
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
