// Weights that a Gather looks up in a table of shared values become what they are: levels of a codebook grid. It is
// how ONNX says weight sharing (core/onnx/unfold.cc writes it so).
#include <algorithm>
#include <bit>

#include "core/edit.h"
#include "core/passes/pass.h"
#include "core/passes/rewrite.h"

namespace pare {
namespace {

constexpr int64_t kMaxEntries = 65536;  // what export writes; a larger table is data, not a codebook
// Bytes of the float tensor per byte of codebook and indices: an index of 8 bits may stand for a row of 64 floats.
constexpr uint64_t kMostGrowth = 256;

class CodebookFolder {
 public:
  explicit CodebookFolder(Graph& graph) : graph_(graph) { infer_shapes(graph_); }

  bool run() {
    bool changed = false;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (!graph_.nodes[i].dead && graph_.nodes[i].op == OpKind::gather) changed |= fold(static_cast<NodeId>(i));
    }
    if (changed) compact(graph_);
    return changed;
  }

 private:
  bool fold(NodeId gather) {
    const Node& node = graph_.node(gather);
    const Value& book = graph_.value(node.inputs[0]);
    const NodeId cast = cast_of(node.inputs[1]);
    const ValueId indices = cast == kNoNode ? node.inputs[1] : graph_.node(cast).inputs[0];
    if (!book.constant || book.constant->dtype() != DType::f32 || book.source_dtype != DType::none ||
        !book.encoding.empty() || book.constant->rank() < 1 || book.constant->rank() > 2 ||
        !graph_.value(indices).constant || !graph_.value(indices).encoding.empty() ||
        node.attributes.integer("axis", 0) != 0)
      return false;
    // Rows of several elements: a Reshape lays them out.
    const bool rows = book.constant->rank() == 2;
    const NodeId last = rows ? only_user(graph_, node.outputs[0]) : gather;
    if (last == kNoNode || (rows && graph_.node(last).op != OpKind::reshape)) return false;
    const ValueId weight = graph_.node(last).outputs[0];
    if (has_public_name(graph_, weight) || graph_.value(weight).activation_grid) return false;
    auto folded = decoded(*book.constant, *graph_.value(indices).constant, graph_.value(weight).dims);
    if (!folded) return false;
    Value& value = graph_.value(replace_by_constant(graph_, weight, std::move(folded->values)));
    value.encoding.grid = std::move(folded->grid);
    value.encoding.levels = std::move(folded->levels);
    keep_zeros(value);
    remove_node(graph_, last);
    if (last != gather) remove_node(graph_, gather);
    if (cast != kNoNode && graph_.value(graph_.node(cast).outputs[0]).users.empty() &&
        !has_public_name(graph_, graph_.node(cast).outputs[0]))
      remove_node(graph_, cast);
    return true;
  }

  NodeId cast_of(ValueId indices) const {
    const NodeId producer = graph_.value(indices).producer;
    const DType type = graph_.value(indices).dtype;  // a narrower one would change indices
    const bool wide = type == DType::i32 || type == DType::i64;
    return producer != kNoNode && wide && graph_.node(producer).op == OpKind::cast ? producer : kNoNode;
  }

  // Training must not move an entry that is zero: it stands for what was removed.
  static void keep_zeros(Value& value) {
    if (!zero_level(*value.encoding.grid)) return;
    const auto weights = value.constant->view<float>();
    BitMask mask(weights.size());
    for (size_t i = 0; i < weights.size(); ++i) mask.set(i, weights[i] != 0);
    value.encoding.mask = std::move(mask);
  }

  struct Folded {
    Grid grid;
    Tensor levels, values;
  };
  static std::optional<Folded> decoded(const Tensor& book, const Tensor& indices, const std::optional<Dims>& dims) {
    const auto shape = dims ? known_shape(*dims) : std::nullopt;
    const int64_t entries = book.dim(0), dim = book.rank() == 2 ? book.dim(1) : 1;
    if (!shape || shape->empty() || !is_integer(indices.dtype()) || entries < 1 || entries > kMaxEntries || dim < 1 ||
        indices.size() < entries || shape->back() % dim != 0)
      return {};
    const auto count = element_count(*shape);
    if (!count || *count != indices.size() * dim ||
        static_cast<uint64_t>(*count) * sizeof(float) > kMostGrowth * (indices.byte_size() + book.byte_size()))
      return {};
    Shape level_shape = *shape;
    level_shape.back() /= dim;
    const Tensor wide = cast(indices, DType::i64);
    std::vector<int32_t> levels;
    levels.reserve(static_cast<size_t>(indices.size()));
    for (const int64_t index : wide.view<int64_t>()) {
      if (index < 0 || index >= entries) return {};
      levels.push_back(static_cast<int32_t>(index));
    }
    Folded out;
    out.grid.kind = GridKind::codebook;
    out.grid.bits = static_cast<uint8_t>(std::bit_width(static_cast<uint64_t>(std::max<int64_t>(entries, 2) - 1)));
    out.grid.is_signed = false;
    out.grid.dim = static_cast<int32_t>(dim);
    out.grid.codebook.assign(book.view<float>().begin(), book.view<float>().end());
    if (!check(out.grid, *shape).ok()) return {};
    out.levels = Tensor::of<int32_t>(level_shape, levels);
    auto values = dequantize(out.grid, out.levels, *shape);
    if (!values.ok()) return {};
    out.values = std::move(values).value();
    return out;
  }

  Graph& graph_;
};

}  // namespace

bool fold_codebooks(Graph& graph) { return CodebookFolder(graph).run(); }

extern const PassDef pass_fold_codebooks;
const PassDef pass_fold_codebooks{"fold_codebooks", "turn weights looked up in a table into codebook grids",
                                  fold_codebooks, true};

}  // namespace pare
