#include "train/rates.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/parameter_places.h"

namespace pare {
namespace {

constexpr std::string_view kNot = "not:";

bool is_norm(OpKind op) {
  return op == OpKind::batch_normalization || op == OpKind::layer_normalization ||
         op == OpKind::instance_normalization || op == OpKind::group_normalization;
}

class Patterns {
 public:
  explicit Patterns(const Graph& graph) : graph_(graph), all_(layers(graph)), places_(parameter_places(graph)) {}
  const std::vector<ParameterPlace>& places() const { return places_; }

  bool match(std::string_view pattern, const ParameterPlace& place) const {
    const Node& node = graph_.node(place.node);
    if (pattern == "norm" || pattern == "kind:norm") return is_norm(node.op);
    if (place.layer < all_.size() && layer_matches(pattern, all_, place.layer)) return true;
    return pattern.starts_with("name:") ? pattern.substr(5) == node.name : glob_match(pattern, node.name);
  }
  // Kinds may be absent: a recipe serves many networks.
  void check(std::string_view pattern, std::string_view option) const {
    if (names_a_kind(pattern) || places_.empty()) return;
    if (std::any_of(places_.begin(), places_.end(), [&](const auto& place) { return match(pattern, place); })) return;
    std::vector<std::string> names;
    for (const Layer& layer : all_) names.push_back(layer.name);
    const std::string near = nearest(pattern, names);
    constexpr size_t kShown = 8;
    if (names.size() > kShown) names.resize(kShown), names.emplace_back("...");
    fail(Code::invalid, "{}: no layer matches '{}'{} (the model has {})", option, pattern,
         near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), fmt::join(names, ", "));
  }

 private:
  const Graph& graph_;
  std::vector<Layer> all_;
  std::vector<ParameterPlace> places_;
};

// One entry of `freeze`: freezes what it matches, or takes it back.
struct Choice {
  std::string pattern;
  bool frozen;
};
std::vector<Choice> choices(const std::vector<std::string>& freeze) {
  std::vector<Choice> result;
  for (const std::string& item : freeze) {
    const bool back = item.starts_with(kNot);
    if (back && result.empty()) result.push_back({"*", true});
    if (item == "all_but_last") {
      result.push_back({"*", true});
      result.push_back({"last", false});
    } else {
      result.push_back({back ? item.substr(kNot.size()) : item, !back});
    }
  }
  return result;
}

}  // namespace

std::map<ValueId, double> rate_factors(const Graph& graph, const TrainOptions& options) {
  const Patterns patterns(graph);
  const std::vector<Choice> frozen = choices(options.freeze);
  for (const Choice& choice : frozen) patterns.check(choice.pattern, "freeze");
  for (const auto& [pattern, factor] : options.rates.rules) patterns.check(pattern, "rates");
  std::map<ValueId, double> factors;
  for (const ParameterPlace& place : patterns.places()) {
    double factor = options.rates.otherwise;
    for (const auto& [pattern, said] : options.rates.rules) {
      if (!patterns.match(pattern, place)) continue;
      factor = said;
      break;
    }
    if (options.layer_decay != 1) factor *= std::pow(options.layer_decay, static_cast<double>(place.depth));
    for (const Choice& choice : frozen) {
      if (!patterns.match(choice.pattern, place)) continue;
      if (choice.frozen) {
        factors[place.value] = 0;
      } else {
        factors.erase(place.value);
      }
    }
    factors.try_emplace(place.value, factor);
  }
  return factors;
}

}  // namespace pare
