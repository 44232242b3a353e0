#include <algorithm>
#include <map>
#include <string>

#include "core/ops/define.h"
#include "core/ops/macs.h"
#include "core/ops/ties_complete.h"

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

// Axes of the same letter go together; what an ellipsis stands for stays.
static void tie_einsum(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  std::string equation = node.attributes.text("equation", "");
  std::erase(equation, ' ');
  if (equation.find('.') != std::string::npos) return ops::pin_everything(ties, node);
  const size_t arrow = equation.find("->");
  std::map<char, std::vector<std::pair<ValueId, size_t>>> places;
  size_t operand = 0, axis = 0;
  for (const char letter : std::string_view(equation).substr(0, arrow)) {
    if (letter == ',') {
      ++operand, axis = 0;
      continue;
    }
    if (operand >= node.inputs.size() || axis >= ties.rank(node.inputs[operand]))
      return ops::pin_everything(ties, node);
    places[letter].emplace_back(node.inputs[operand], axis++);
  }
  std::string result;
  if (arrow != std::string::npos) {
    result = equation.substr(arrow + 2);
  } else {  // letters that occur once, in the order of the alphabet
    for (const auto& [letter, list] : places)
      if (list.size() == 1) result += letter;
  }
  if (result.size() != ties.rank(node.outputs[0])) return ops::pin_everything(ties, node);
  for (size_t i = 0; i < result.size(); ++i) places[result[i]].emplace_back(node.outputs[0], i);
  for (const auto& [letter, list] : places) {
    const auto size = [&](const auto& place) { return (*ties.graph().value(place.first).dims)[place.second]; };
    const auto widest = std::find_if(list.begin(), list.end(), [&](const auto& p) { return size(p) != Dim(1); });
    const auto& [to, to_axis] = widest == list.end() ? list.front() : *widest;
    for (const auto& [v, a] : list) ops::tie_stretched(ties, v, a, to, to_axis);
  }
}

const OpDef op_einsum = {.kind = OpKind::einsum,
                         .name = "Einsum",
                         .attributes = einsum_attributes,
                         .min_inputs = 1,
                         .max_inputs = -1,
                         .max_outputs = 1,
                         .macs = einsum_macs,
                         .since = 12,
                         .learned = InputSet::all(),
                         .tie = tie_einsum};

}  // namespace pare
