#include "compress/batches.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace pare {
namespace {

constexpr int64_t kMostFloats = int64_t{1} << 26;  // held at once: 256 MiB

}  // namespace

DatasetPtr calibration_samples(const Graph& graph, const DatasetPtr& train, int64_t batches, uint64_t seed) {
  const auto size = static_cast<int64_t>(train->size());
  const int64_t fixed = fixed_batch(graph);
  ensure(size > 0 && fixed <= size, "the network takes {} samples at once, and there are {}",
         std::max(fixed, int64_t{1}), size);
  std::vector<size_t> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), size_t{0});
  Random(mix({seed, hash_of("calibration")})).shuffle(std::span(order));
  const int64_t batch = fixed > 0 ? fixed : kCalibrationBatch;
  const int64_t usable = fixed > 0 ? size / fixed * fixed : size;
  order.resize(static_cast<size_t>(std::min(usable, batches * batch)));
  return take(train, std::move(order));
}

int64_t elements_of(const Graph& graph, ValueId value) {
  int64_t count = 1;
  if (const auto& dims = graph.value(value).dims)
    for (const Dim dim : *dims) count *= std::max<int64_t>(dim.factor, 1);
  return count;
}

int64_t batch_that_fits(const Graph& graph, int64_t floats, int64_t most) {
  const int64_t fixed = fixed_batch(graph);
  return fixed > 0 ? fixed : std::clamp<int64_t>(kMostFloats / std::max<int64_t>(floats, 1), 1, most);
}

}  // namespace pare
