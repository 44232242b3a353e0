// How fast the loader hands out images, so that training never waits for data: MNIST-like ones, and JPEGs of 500 x 375
// (as ImageNet's are) that are decoded in every epoch. CSV on stdout; ns per image, median of five epochs after a
// warm-up.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "core/data/dataset.h"
#include "core/model_file.h"
#include "core/random.h"
#include "tests/support/images.h"

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

void run_case(const char* name, const DatasetPtr& data) {
  for (int threads : {1, 2})
    std::printf("loader,%s,,%d,%.0f,%zu\n", name, threads, nanoseconds_per_image(data, threads),
                data->spec().inputs[0].byte_size());
}

// 128 x 128 pixels from photographs of 500 x 375: noise on a ramp has about the bytes of a real one.
void run_photographs() {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("pare-loader-bench-" + std::to_string(::getpid()));
  fs::remove_all(folder);
  for (int i = 0; i < 200; ++i) {
    test::Picture picture = test::ramp_picture(500, 375);
    Random random(static_cast<uint64_t>(i));
    for (uint8_t& v : picture.pixels) v = static_cast<uint8_t>(v / 2 + random.below(40));
    const fs::path of_class = folder / (i % 2 ? "a" : "b");
    fs::create_directories(of_class);
    write_file(of_class / (std::to_string(i) + ".jpg"), test::jpeg(picture, {.quality = 75}));
  }
  const Data data = open_data("images:" + folder.string() + ",size=128,cache=0");
  run_case("jpeg", data.train);
  run_case("jpeg_random_resized_crop",
           augment(data.train, {.flip = true, .random_resized_crop = {0.08, 1}}, data.preprocessing));
  fs::remove_all(folder);
}

}  // namespace

int main() {
  const Data data = open_data("digits:30000");
  const std::pair<const char*, AugmentOptions> cases[] = {
      {"plain", {}},
      {"flip_shift", {.flip = true, .shift = 2}},
      {"rotate_scale_shift", {.shift = 2, .rotate = 10, .scale = 0.1}},
      {"elastic", {.elastic = 1.5}},
  };
  std::puts("bench,case,isa,threads,ns,bytes");
  for (const auto& [name, options] : cases) run_case(name, augment(data.train, options, data.preprocessing));
  run_photographs();
}
