// How fast the loader hands out MNIST-like images, so that training never waits for data. CSV on stdout; ns per image,
// median of five epochs after a warm-up.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "core/data/dataset.h"

namespace {

using namespace pare;

double nanoseconds_per_image(const DatasetPtr& data, int threads) {
  std::array<double, 6> times{};
  for (size_t epoch = 0; epoch < times.size(); ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    Loader loader(data,
                  {.batch = 128, .shuffle = true, .seed = 1, .epoch = static_cast<int64_t>(epoch), .threads = threads});
    Batch batch;
    while (loader.next(batch)) {
    }
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    times[epoch] = time.count() / static_cast<double>(data->size());
  }
  std::sort(times.begin() + 1, times.end());
  return times[3];
}

}  // namespace

int main() {
  const Data data = open_data("digits:30000");
  const auto bytes = data.train->spec().inputs[0].byte_size();
  const std::pair<const char*, AugmentOptions> cases[] = {
      {"plain", {}},
      {"flip_shift", {.flip = true, .shift = 2}},
      {"rotate_scale_shift", {.shift = 2, .rotate = 10, .scale = 0.1}},
      {"elastic", {.elastic = 1.5}},
  };
  std::puts("bench,case,isa,threads,ns,bytes");
  for (const auto& [name, options] : cases)
    for (int threads : {1, 2})
      std::printf("loader,%s,,%d,%.0f,%zu\n", name, threads,
                  nanoseconds_per_image(augment(data.train, options, data.preprocessing), threads), bytes);
}
