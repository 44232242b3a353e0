// Shape rules on one line: infer("Concat", {{"axis", 1}}, "f32[N,3] f32[N,M]") == "f32[N,?]".
// Facts are TYPE[dims]{value}, of floats TYPE[dims]{reals}; `?` alone is an unknown type, shape or dimension, `-` an
// absent input. N and M are symbols, 2N a multiple of one. Results show any other symbol as `?`.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <initializer_list>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "format/infer.h"

namespace pare::testing {

using Ints = std::vector<int64_t>;
using NamedAttributes = std::initializer_list<std::pair<const char*, AttributeValue>>;
inline constexpr uint32_t kSymbolN = 1, kSymbolM = 2;

inline Attributes make_attributes(NamedAttributes list) {
  Attributes attributes;
  for (const auto& [name, value] : list) attributes.set(name, value);
  return attributes;
}

inline Dim parse_dim(const std::string& text, Symbols& symbols) {
  if (text == "?") return Dim(1, symbols.fresh());
  const char last = text.back();
  if (last != 'N' && last != 'M') return Dim(std::stoll(text));
  const std::string factor = text.substr(0, text.size() - 1);
  return {factor.empty() ? 1 : std::stoll(factor), last == 'N' ? kSymbolN : kSymbolM};
}

inline Dims parse_dims(const std::string& text, Symbols& symbols) {
  Dims dims;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) dims.push_back(parse_dim(part, symbols));
  return dims;
}

inline std::vector<float> parse_reals(const std::string& text) {
  std::vector<float> reals;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) reals.push_back(std::stof(part));
  return reals;
}

inline TensorFacts parse_facts(const std::string& text, Symbols& symbols) {
  TensorFacts facts;
  const std::string type = text.substr(0, text.find_first_of("[?"));
  for (int i = 1; i < kDTypeCount; ++i)
    if (name_of(static_cast<DType>(i)) == type) facts.dtype = static_cast<DType>(i);
  if (const size_t open = text.find('['); open != std::string::npos)
    facts.dims = parse_dims(text.substr(open + 1, text.find(']') - open - 1), symbols);
  if (const size_t open = text.find('{'); open != std::string::npos) {
    const std::string elements = text.substr(open + 1, text.find('}') - open - 1);
    if (is_float(facts.dtype))
      facts.reals = parse_reals(elements);
    else
      facts.value = parse_dims(elements, symbols);
  }
  return facts;
}

inline std::string to_text(const Dims& dims) {
  std::string text;
  for (const Dim& dim : dims) {
    if (!text.empty()) text += ",";
    const bool ours = dim.symbol == kSymbolN || dim.symbol == kSymbolM;
    if (!dim.known() && !ours)
      text += "?";
    else if (dim.known() || dim.factor != 1)
      text += std::to_string(dim.factor);
    if (ours) text += dim.symbol == kSymbolN ? "N" : "M";
  }
  return text;
}

inline std::string to_text(const TensorFacts& facts) {
  std::string text(facts.dtype == DType::none ? "?" : name_of(facts.dtype));
  text += facts.dims ? "[" + to_text(*facts.dims) + "]" : "?";
  if (facts.value) text += "{" + to_text(*facts.value) + "}";
  return text;
}

// The outputs, or "invalid: why".
inline std::string infer(const char* op, NamedAttributes attributes, const std::string& inputs, size_t outputs = 1) {
  Symbols symbols(100);
  std::vector<TensorFacts> facts;
  std::vector<bool> absent;
  std::stringstream stream(inputs);
  for (std::string text; stream >> text;) {
    absent.push_back(text == "-");
    facts.push_back(parse_facts(text, symbols));
  }
  std::vector<const TensorFacts*> pointers;
  for (size_t i = 0; i < facts.size(); ++i) pointers.push_back(absent[i] ? nullptr : &facts[i]);
  std::vector<TensorFacts> results(outputs);
  const Attributes given = make_attributes(attributes);
  InferContext context{given, pointers, results, symbols};
  const InferRule rule = infer_rule(op_from_onnx(op));
  if (rule == nullptr) return "no rule";
  if (const Status status = rule(context); !status.ok())
    return std::string(status.code() == Code::invalid ? "invalid: " : "other: ") + status.what();
  std::string text;
  for (const TensorFacts& result : results) text += (text.empty() ? "" : " ") + to_text(result);
  return text;
}

inline bool is_invalid(const std::string& result) { return result.rfind("invalid: ", 0) == 0; }

}  // namespace pare::testing
