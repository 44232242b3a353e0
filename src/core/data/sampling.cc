#include "core/data/sampling.h"

#include <map>

#include "core/error.h"
#include "core/random.h"

namespace pare {

std::vector<Place> sample_order(size_t size, bool shuffle, uint64_t seed, int64_t epoch) {
  std::vector<Place> order;
  for (size_t i = 0; i < size; ++i) order.push_back({i});
  if (!shuffle) return order;
  Random random{seed, static_cast<uint64_t>(epoch), hash_of("shuffle")};
  random.shuffle(std::span(order));
  return order;
}

std::vector<Place> balanced_order(const Dataset& data, uint64_t seed, int64_t epoch) {
  std::map<int64_t, std::vector<size_t>> members;
  for (size_t i = 0; i < data.size(); ++i) {
    const int64_t label = data.label(i);
    ensure(label >= 0, "balanced sampling needs one class per sample");
    members[label].push_back(i);
  }
  Random random{seed, static_cast<uint64_t>(epoch), hash_of("balanced")};
  std::vector<std::vector<size_t>*> classes;
  for (auto& [label, indices] : members) classes.push_back(&indices);
  random.shuffle(std::span(classes));  // who gets one more where it does not come out even
  std::vector<Place> order;
  for (size_t c = 0; c < classes.size(); ++c) {
    std::vector<size_t>& indices = *classes[c];
    const size_t due = data.size() / classes.size() + (c < data.size() % classes.size() ? 1 : 0);
    for (size_t k = 0; k < due; ++k) {
      if (k % indices.size() == 0) random.shuffle(std::span(indices));
      order.push_back({indices[k % indices.size()], static_cast<uint32_t>(k / indices.size())});
    }
  }
  random.shuffle(std::span(order));
  return order;
}

}  // namespace pare
