#include "core/data/split.h"

#include <algorithm>
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

}  // namespace pare
