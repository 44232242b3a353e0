// Options said once: a struct has `void visit(ParamVisitor&)`; recipes, command-line flags, --help, docs and the
// report walk that declaration. Values come as a `Param` tree (from YAML, JSON or flags) that knows where it was
// written.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace pare {

// A parsed piece of a recipe: null, scalar (text as written), list or map; `where` is "recipe.yaml:7".
struct Param {
  enum class Kind : uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string scalar;
  std::vector<Param> items;                            // list
  std::vector<std::pair<std::string, Param>> entries;  // map, in the order written
  std::string where;

  // Defaulted in params.cc: pair<string, Param> asks for them before Param is complete, and clang 14 cannot answer.
  Param();
  Param(const Param&);
  Param(Param&&) noexcept;
  Param& operator=(const Param&);
  Param& operator=(Param&&) noexcept;
  ~Param();

  const Param* find(std::string_view key) const;  // nullptr for a null too: it leaves an option as it is
  bool is_null() const { return kind == Kind::null; }
  // Typed reads; Error(invalid) "recipe.yaml:7: expected a number, got 'abc'".
  std::string as_text() const;
  double as_real() const;
  int64_t as_integer() const;
  bool as_bool() const;
  static Param text(std::string value, std::string where = {});
  static Param map();
  void set(std::string_view key, Param value);          // replaces or appends a map entry
  void set_path(std::string_view dotted, Param value);  // "prune_weights.sparsity"; creates maps on the way
};
nlohmann::ordered_json to_json(const Param& param);
Param param_from_json(const nlohmann::ordered_json& json, std::string where = {});
// Reads YAML (so also JSON). `name` is used in `where`. Bounded: 1 MiB of text, 64 levels, no aliases that explode.
Param param_from_yaml(std::string_view text, const std::string& name);

// A value for every layer, or different ones by glob on the layer's name, `kind:conv`, `first`, `last`.
// In a recipe: `bits: 5` or `bits: {kind:conv: 6, fc*: 4}` (short kinds `conv` and `fc` work as keys too). The first
// matching rule wins.
template <class T>
struct PerLayer {
  T otherwise{};
  std::vector<std::pair<std::string, T>> rules;
  PerLayer() = default;
  PerLayer(T value) : otherwise(value) {}  // NOLINT(google-explicit-constructor)
};

struct Limits {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};
using Choices = std::initializer_list<std::string_view>;

// Walks the fields of an options struct. `help` is one sentence in lower case without a full stop.
class ParamVisitor {
 public:
  virtual ~ParamVisitor() = default;
  virtual void field(std::string_view name, bool& value, std::string_view help) = 0;
  virtual void field(std::string_view name, int64_t& value, std::string_view help, Limits limits = {}) = 0;
  virtual void field(std::string_view name, double& value, std::string_view help, Limits limits = {}) = 0;
  virtual void field(std::string_view name, std::string& value, std::string_view help, Choices choices = {}) = 0;
  virtual void field(std::string_view name, std::vector<std::string>& value, std::string_view help) = 0;
  virtual void field(std::string_view name, std::vector<double>& value, std::string_view help, Limits limits = {}) = 0;
  virtual void field(std::string_view name, PerLayer<double>& value, std::string_view help, Limits limits = {}) = 0;
  virtual void field(std::string_view name, PerLayer<int64_t>& value, std::string_view help, Limits limits = {}) = 0;
  virtual void field(std::string_view name, Param& value, std::string_view help) = 0;  // a sub-tree read by its owner
};

// One option as its declaration says it.
struct ParamInfo {
  enum class Type : uint8_t { boolean, integer, real, text, texts, reals, tree };
  std::string name, help;
  Type type = Type::text;
  std::string otherwise;             // the default as written in a recipe; "" for none
  Limits limits;                     // of numbers
  std::vector<std::string> choices;  // of texts; empty: any
  bool per_layer = false;
};
nlohmann::ordered_json to_json(std::span<const ParamInfo> options);
// Lines "  name (default)   help: range".
std::string help_text(std::span<const ParamInfo> options, int indent = 2);

// Type-erased workers of the templates below.
using VisitFields = std::function<void(ParamVisitor&)>;
void read_params_with(const Param& params, const VisitFields& visit);
nlohmann::ordered_json params_to_json_with(const VisitFields& visit);
std::vector<ParamInfo> params_info_with(const VisitFields& visit);
std::vector<std::string> param_names_with(const VisitFields& visit);

// Reads `params` (a map, or null for all defaults) into options. Unknown keys: Error(invalid)
// "recipe.yaml:7: unknown option 'ratoi' (did you mean 'ratio'?)". Checks limits and choices.
template <class Options>
void read_params(const Param& params, Options& options) {
  read_params_with(params, [&](ParamVisitor& v) { options.visit(v); });
}
// Effective values. (Json is a parameter so that only callers need the complete type.)
template <class Options, class Json = nlohmann::ordered_json>
Json params_to_json(Options options) {
  return params_to_json_with([&](ParamVisitor& v) { options.visit(v); });
}
template <class Options>
std::vector<ParamInfo> params_info(Options options) {
  return params_info_with([&](ParamVisitor& v) { options.visit(v); });
}

// The candidate nearest to `word` by edit distance (at most a third of its length away), or "".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
// Shell-like glob: * ? [abc].
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace pare
