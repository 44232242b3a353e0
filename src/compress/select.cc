#include "compress/step.h"
#include "core/error.h"

namespace pare {
namespace {

std::string names_of(const std::vector<Layer>& all) {
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t i = 0; i < all.size() && i < kShown; ++i) text += (i ? ", " : "") + all[i].name;
  return all.size() > kShown ? text + ", ..." : text;
}

std::vector<bool> matches(const std::vector<Layer>& all, const std::vector<std::string>& patterns,
                          std::string_view option) {
  std::vector<bool> chosen(all.size(), false);
  for (const std::string& pattern : patterns) {
    bool any = false;
    for (size_t i = 0; i < all.size(); ++i) {
      if (!layer_matches(pattern, all, i)) continue;
      chosen[i] = true;
      any = true;
    }
    ensure(any, "{}: no layer matches '{}' (the model has {})", option, pattern, names_of(all));
  }
  return chosen;
}

}  // namespace

void check_patterns(const std::vector<Layer>& all, const std::vector<std::string>& patterns, std::string_view option) {
  for (const std::string& pattern : patterns)
    if (!names_a_kind(pattern)) matches(all, {pattern}, option);
}

std::vector<Layer> select(const Graph& graph, const LayerFilter& filter) {
  const std::vector<Layer> all = layers(graph);
  const std::vector<bool> wanted = matches(all, filter.layers, "layers");
  const std::vector<bool> unwanted = matches(all, filter.exclude, "exclude");
  std::vector<Layer> result;
  for (size_t i = 0; i < all.size(); ++i) {
    if ((filter.layers.empty() || wanted[i]) && !unwanted[i]) result.push_back(all[i]);
  }
  return result;
}

}  // namespace pare
