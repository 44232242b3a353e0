// Speed of every codec on layers of a pruned and shared network: rows bench,case,isa,threads,ns,bytes, the median of
// seven runs after a warm-up. `ns` is for the whole tensor, `bytes` the coded size.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/random.h"
#include "format/codec/codec.h"

namespace {

double median_ns(const std::function<void()>& work) {
  std::vector<double> runs;
  for (int run = 0; run < 8; ++run) {
    const auto start = std::chrono::steady_clock::now();
    work();
    if (run > 0)
      runs.push_back(std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(runs.begin(), runs.begin() + 3, runs.end());
  return runs[3];
}

void bench(const std::string& name, const pare::TensorInfo& info, const std::vector<int32_t>& levels,
           const std::vector<std::byte>& bytes) {
  for (const pare::Encoder* e : pare::encoder_list()) {
    if (!e->supports(info)) continue;
    std::vector<std::byte> coded;
    const double encoding = median_ns([&] { coded.clear(), e->encode(info, levels, bytes, coded); });
    const pare::Decoder* d = pare::find_decoder(e->id);
    std::vector<int32_t> level_out(levels.size());
    std::vector<std::byte> byte_out(bytes.size());
    bool ok = true;
    const double decoding = median_ns([&] {
      ok &=
          (info.payload == pare::Payload::levels ? d->levels(info, coded, level_out) : d->bytes(info, coded, byte_out))
              .ok();
    });
    if (!ok || level_out != levels || byte_out != bytes) {
      fmt::print(stderr, "{} does not give {} back\n", e->name, name);
      std::exit(1);
    }
    fmt::print("encode_{},{},scalar,1,{:.0f},{}\n", e->name, name, encoding, coded.size());
    fmt::print("decode_{},{},scalar,1,{:.0f},{}\n", e->name, name, decoding, coded.size());
  }
}

}  // namespace

int main() {
  fmt::print("bench,case,isa,threads,ns,bytes\n");
  for (const double density : {0.05, 0.3, 1.0}) {
    for (const int bits : {4, 8}) {
      const pare::TensorInfo info{.payload = pare::Payload::levels,
                                  .dtype = pare::DType::i32,
                                  .shape = {500, 800},
                                  .low = -(1 << (bits - 1)),
                                  .high = (1 << (bits - 1)) - 1};
      pare::Random random(1);
      std::vector<int32_t> levels(400000);
      for (int32_t& l : levels)
        if (random.uniform() < density)
          l = std::clamp(static_cast<int32_t>(random.normal() * (1 << bits) / 6), info.low, info.high);
      bench(fmt::format("500x800 {:.0f} % of {} bits", 100 * density, bits), info, levels, {});
    }
  }
  pare::Random random(2);
  std::vector<float> weights(400000);
  for (float& w : weights) w = static_cast<float>(random.normal() * 0.05);
  const auto raw = std::as_bytes(std::span(weights));
  bench("500x800 f32", {.dtype = pare::DType::f32, .shape = {500, 800}}, {}, {raw.begin(), raw.end()});
}
