#include <algorithm>
#include <map>
#include <string>

#include "core/ops/define.h"
#include "core/ops/macs.h"

namespace pare {

static constexpr AttributeSpec einsum_attributes[] = {
    {"equation", AttributeType::text},
};

// Every combination of the letters is one product of all operands. The batch is symbolic, or the first letter of the
// result where an activation begins with it. An ellipsis is not read.
static int64_t einsum_macs(const Graph& graph, const Node& node) {
  std::string equation = node.attributes.text("equation", "");
  std::erase(equation, ' ');
  const size_t arrow = equation.find("->");
  const char first = arrow == std::string::npos || arrow + 2 == equation.size() ? '\0' : equation[arrow + 2];
  if (node.inputs.size() < 2 || equation.find('.') != std::string::npos) return 0;
  std::map<char, Dim> sizes;
  size_t operand = 0, axis = 0;
  bool batched = false;
  for (const char letter : std::string_view(equation).substr(0, arrow)) {
    if (letter == ',') {
      ++operand, axis = 0;
      continue;
    }
    if (operand >= node.inputs.size()) return 0;
    const Value& value = graph.value(node.inputs[operand]);
    if (!value.dims || axis >= value.dims->size()) return 0;
    batched |= axis == 0 && letter == first && !value.is_constant();
    Dim& size = sizes.try_emplace(letter, Dim(1)).first->second;
    if (size == Dim(1)) size = (*value.dims)[axis];
    ++axis;
  }
  const bool symbolic = std::any_of(sizes.begin(), sizes.end(), [](const auto& size) { return !size.second.known(); });
  if (batched && !symbolic) sizes.erase(first);
  int64_t products = 1;
  for (const auto& [letter, size] : sizes) products = ops::count_elements({&size, 1}, products);
  return products;
}

const OpDef op_einsum = {.kind = OpKind::einsum,
                         .name = "Einsum",
                         .attributes = einsum_attributes,
                         .min_inputs = 1,
                         .max_inputs = -1,
                         .max_outputs = 1,
                         .macs = einsum_macs,
                         .since = 12,
                         .learned = InputSet::all()};

}  // namespace pare
