#include "core/data/split.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace pare {

Split split(size_t size, int64_t validation, uint64_t seed) {
  ensure(validation >= 0, "{} validation samples", validation);
  const size_t held = std::min(static_cast<size_t>(validation), size / 5);
  std::vector<size_t> indices(size);
  std::iota(indices.begin(), indices.end(), size_t{0});
  Random random{seed, hash_of("split")};
  random.shuffle(std::span(indices));
  const auto middle = indices.begin() + static_cast<std::ptrdiff_t>(size - held);
  std::sort(indices.begin(), middle);
  std::sort(middle, indices.end());
  return {{indices.begin(), middle}, {middle, indices.end()}};
}

Split split_by_class(std::span<const int64_t> labels, size_t held, uint64_t seed) {
  std::map<int64_t, std::vector<size_t>> members;
  for (size_t i = 0; i < labels.size(); ++i) members[labels[i]].push_back(i);
  // Shares that are no whole numbers: sums of what is owed so far, rounded, come out even over all classes.
  Split parts;
  double owed = 0;
  size_t given = 0;
  for (auto& [label, indices] : members) {
    Random random{seed, hash_of("split by class"), static_cast<uint64_t>(label)};
    random.shuffle(std::span(indices));
    owed += static_cast<double>(held) * static_cast<double>(indices.size()) / static_cast<double>(labels.size());
    const auto due = static_cast<size_t>(owed + 0.5) - given;
    const auto middle = indices.begin() + static_cast<std::ptrdiff_t>(std::min(due, indices.size() - 1));
    given += static_cast<size_t>(middle - indices.begin());
    parts.validation.insert(parts.validation.end(), indices.begin(), middle);
    parts.train.insert(parts.train.end(), middle, indices.end());
  }
  std::sort(parts.train.begin(), parts.train.end());
  std::sort(parts.validation.begin(), parts.validation.end());
  return parts;
}

}  // namespace pare
