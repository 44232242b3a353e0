#include <cctype>
#include <map>
#include <string>

#include "format/ops/rule.h"

namespace pare {

// The letters of one operand or of the result; nothing for what the rule does not read (an ellipsis).
static std::optional<std::vector<std::string>> split_terms(std::string text) {
  std::erase(text, ' ');
  if (text.find('.') != std::string::npos) return std::nullopt;
  std::vector<std::string> terms(1);
  for (const char c : text) {
    if (c == ',')
      terms.emplace_back();
    else
      terms.back() += c;
  }
  return terms;
}

Status infer_einsum(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, std::max<size_t>(context.inputs.size(), 1)));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, context.inputs.size() - 1));
  const std::string equation = context.attributes.text("equation", "");
  const size_t arrow = equation.find("->");
  const auto terms = split_terms(equation.substr(0, arrow));
  if (!terms) return rules::give(context, 0, dtype, std::nullopt);
  if (terms->size() != context.inputs.size()) return rules::invalid("the equation has another number of operands");
  std::map<char, std::pair<Dim, int>> letters;  // size, and how often it occurs
  bool known = true;
  for (size_t i = 0; i < terms->size(); ++i) {
    const std::optional<Dims>& dims = context.in(i).dims;
    if (dims && dims->size() != (*terms)[i].size())
      return rules::invalid("an operand has another rank than the equation says", i);
    known &= dims.has_value();
    for (size_t k = 0; k < (*terms)[i].size(); ++k) {
      const char letter = (*terms)[i][k];
      if (!std::isalpha(static_cast<unsigned char>(letter))) return rules::invalid("the equation has a strange letter");
      const Dim size = dims ? (*dims)[k] : Dim(1, context.symbols.fresh());
      const auto [at, is_new] = letters.try_emplace(letter, size, 0);
      const std::optional<Dim> merged = at->second.first == Dim(1) ? size
                                        : size == Dim(1)           ? at->second.first
                                                                   : rules::merge(at->second.first, size);
      if (!merged) return rules::invalid("the operands disagree about a dimension", i);
      at->second.first = *merged;
      ++at->second.second;
    }
  }
  std::string result;
  if (arrow != std::string::npos) {
    result = equation.substr(arrow + 2);
    std::erase(result, ' ');
  } else {
    for (const auto& [letter, entry] : letters)
      if (entry.second == 1) result += letter;
  }
  if (!known || result.find('.') != std::string::npos) return rules::give(context, 0, dtype, std::nullopt);
  Dims dims;
  for (const char letter : result) {
    const auto at = letters.find(letter);
    if (at == letters.end()) return rules::invalid("the result has a letter that no operand has");
    dims.push_back(at->second.first);
  }
  return rules::give(context, 0, dtype, std::move(dims));
}

}  // namespace pare
