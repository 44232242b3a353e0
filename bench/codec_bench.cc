// Sizes and speeds of every codec, beside those of other coders.
//   codec_bench [SHARED_FOLDER] [--rows all|NETWORK...] [--codecs a,b] [--json]
// With a folder that has models/*.onnx, the tensors of the published comparison (bench/coders.csv) are built again:
// each f32 weight of two or more dimensions, optionally with the 90 % smallest of a tensor at 0 (|w| at most the
// quantile of |w|, by linear interpolation), on a symmetric grid per tensor: q = rint(w / s), s = max|w| / (2^(bits-1)
// - 1). Weights, non-zeros and H0 (order-0 entropy per tensor, without tables) must be those of the comparison. Then
// sums over networks, and floats without loss. In any case: independent weights made here. Speeds are of one core, in
// its own CPU time, best of three runs or more; `chosen` is the smallest estimate of each tensor, as files have it.
#include <fmt/format.h>
#ifdef PARE_BENCH_ZSTD
#include <zstd.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/onnx/onnx.h"
#include "core/random.h"
#include "format/codec/codec.h"

namespace {

using namespace pare;
using Row = nlohmann::ordered_json;

struct Options {
  std::string folder;
  std::vector<std::string> rows, codecs;  // empty: all
  bool json = false;
};

bool wanted(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

// Rows as JSON, one per line, or as CSV with a line of names wherever they change.
class Printer {
 public:
  explicit Printer(bool json) : json_(json) {}
  void print(const Row& row) {
    if (json_) {
      fmt::print("{}\n", row.dump());
    } else {
      std::string names, values;
      for (const auto& [name, value] : row.items()) {
        names += (names.empty() ? "" : ",") + name;
        values += values.empty() ? "" : ",";
        if (!value.is_null()) values += value.is_string() ? value.get<std::string>() : value.dump();
      }
      if (names != names_) fmt::print("{}{}\n", names_.empty() ? "" : "\n", names);
      names_ = names;
      fmt::print("{}\n", values);
    }
    std::fflush(stdout);
  }

 private:
  bool json_;
  std::string names_;
};
double rounded(double value, int digits) {
  const double unit = std::pow(10, digits);
  return std::round(value * unit) / unit;
}

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}
// At least three runs; small tensors more, since a neighbour's burst is longer than they take.
double best_of_several(const std::function<void()>& work) {
  constexpr double kEnough = 0.02;
  double best = 1e300, spent = 0;
  for (int run = 0; run < 3 || (spent < kEnough && run < 100); ++run) {
    const double start = cpu_seconds();
    work();
    const double seconds = cpu_seconds() - start;
    best = std::min(best, seconds);
    spent += seconds;
  }
  return best;
}

struct Payloads {
  TensorInfo info;
  std::vector<int32_t> levels;
  std::vector<std::byte> bytes;
};

struct Measured {
  uint64_t bytes = 0;
  double encode_seconds = 0, decode_seconds = 0;
};

// All tensors by one codec; stops the program when one does not come back.
Measured measure(const Encoder& e, const std::vector<Payloads>& tensors) {
  Measured m;
  std::vector<std::vector<std::byte>> coded(tensors.size());
  m.encode_seconds = best_of_several([&] {
    for (size_t i = 0; i < tensors.size(); ++i) {
      coded[i].clear();
      e.encode(tensors[i].info, tensors[i].levels, tensors[i].bytes, coded[i]);
    }
  });
  std::vector<Payloads> out = tensors;
  const Decoder& d = *find_decoder(e.id);
  bool ok = true;
  m.decode_seconds = best_of_several([&] {
    for (size_t i = 0; i < tensors.size(); ++i) {
      Payloads& t = out[i];
      ok &= (t.info.payload == Payload::levels ? d.levels(t.info, coded[i], t.levels)
                                               : d.bytes(t.info, coded[i], t.bytes))
                .ok();
    }
  });
  for (size_t i = 0; i < tensors.size(); ++i) {
    m.bytes += coded[i].size();
    ok &= out[i].levels == tensors[i].levels && out[i].bytes == tensors[i].bytes;
  }
  ensure(ok, "{} does not give its tensors back", e.name);
  return m;
}

uint64_t chosen_bytes(const std::vector<Payloads>& tensors, const Options& options) {
  uint64_t bytes = 0;
  for (const Payloads& t : tensors) {
    const Encoder* best = nullptr;
    uint64_t fewest = 0;
    for (const Encoder* e : encoder_list()) {
      if (!wanted(options.codecs, std::string(e->name)) || !e->supports(t.info)) continue;
      const uint64_t bits = e->estimate_bits(t.info, t.levels, t.bytes);
      if (!best || bits < fewest) best = e, fewest = bits;
    }
    if (!best) continue;
    std::vector<std::byte> coded;
    best->encode(t.info, t.levels, t.bytes, coded);
    bytes += coded.size();
  }
  return bytes;
}

// Codecs that take all of these tensors; raw says nothing.
std::vector<const Encoder*> codecs_for(const std::vector<Payloads>& tensors, const Options& options) {
  std::vector<const Encoder*> list;
  for (const Encoder* e : encoder_list()) {
    if (e->name == "raw" || !wanted(options.codecs, std::string(e->name))) continue;
    if (std::all_of(tensors.begin(), tensors.end(), [&](const Payloads& t) { return e->supports(t.info); }))
      list.push_back(e);
  }
  return list;
}

#ifdef PARE_BENCH_ZSTD
uint64_t zstd_size(std::span<const std::byte> bytes) {
  std::vector<std::byte> out(ZSTD_compressBound(bytes.size()));
  return ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 19);
}
uint64_t zstd_bytes(const std::vector<Payloads>& tensors) {
  uint64_t size = 0;
  for (const Payloads& t : tensors) {
    if (t.info.payload == Payload::bytes) {
      size += zstd_size(t.bytes);
      continue;
    }
    std::vector<std::byte> narrow(t.levels.size());
    for (size_t i = 0; i < narrow.size(); ++i) narrow[i] = static_cast<std::byte>(t.levels[i]);
    size += zstd_size(narrow);
  }
  return size;
}
#endif

// ---- levels ------------------------------------------------------------------------------------------------------

double entropy_bytes(const std::vector<Payloads>& tensors) {
  double bits = 0;
  for (const Payloads& t : tensors) {
    std::map<int32_t, double> counts;
    for (int32_t level : t.levels) ++counts[level];
    for (const auto& [level, n] : counts) bits += n * std::log2(static_cast<double>(t.levels.size()) / n);
  }
  return bits / 8;
}

struct Sizes {
  uint64_t weights = 0, nonzero = 0;
  double entropy = 0;
};
Sizes sizes_of(const std::vector<Payloads>& tensors) {
  Sizes s;
  for (const Payloads& t : tensors) {
    s.weights += t.levels.size();
    s.nonzero += t.levels.size() - static_cast<uint64_t>(std::count(t.levels.begin(), t.levels.end(), 0));
  }
  s.entropy = entropy_bytes(tensors);
  return s;
}

struct Published {
  std::string network;
  int bits = 0, pruned = 0;
  uint64_t weights = 0, nonzero = 0, entropy = 0, deepcabac = 0, nncodec0 = 0, nncodec1 = 0, zstd = 0;
};

std::vector<Published> read_published() {
  const std::string path = PARE_SOURCE_DIR "/bench/coders.csv";
  std::ifstream file(path);
  ensure(file.good(), "cannot read {}", path);
  std::vector<Published> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line.starts_with("network")) continue;
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream fields(line);
    Published p;
    fields >> p.network >> p.bits >> p.pruned >> p.weights >> p.nonzero >> p.entropy >> p.deepcabac >> p.nncodec0 >>
        p.nncodec1 >> p.zstd;
    ensure(!fields.fail(), "{}: bad row {}", path, line);
    rows.push_back(p);
  }
  return rows;
}

std::vector<Tensor> float_tensors(const std::string& path) {
  std::vector<Tensor> tensors;
  for (const Value& v : import_onnx(path, {.lift = false}).values)
    if (v.constant && v.constant->dtype() == DType::f32) tensors.push_back(*v.constant);
  return tensors;
}

double quantile(std::vector<float> values, double q) {
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(at);
  const double a = values[below], b = values[std::min(below + 1, values.size() - 1)];
  return a + (b - a) * (at - static_cast<double>(below));
}

Payloads quantized(const Tensor& weights, int bits, int pruned) {
  const auto w = weights.view<float>();
  std::vector<float> magnitudes(w.size());
  std::transform(w.begin(), w.end(), magnitudes.begin(), [](float v) { return std::fabs(v); });
  const double threshold = pruned == 0 ? -1 : quantile(magnitudes, pruned / 100.0);
  const float largest = *std::max_element(magnitudes.begin(), magnitudes.end());
  const float scale = largest / static_cast<float>((1 << (bits - 1)) - 1);
  Payloads t;
  t.info = {.payload = Payload::levels,
            .dtype = DType::i32,
            .shape = weights.shape(),
            .low = -(1 << (bits - 1)),
            .high = (1 << (bits - 1)) - 1,
            .zero = 0};
  t.levels.resize(w.size());
  for (size_t i = 0; i < w.size(); ++i)
    if (scale > 0 && magnitudes[i] > threshold) t.levels[i] = static_cast<int32_t>(std::rint(w[i] / scale));
  return t;
}

// Sums over networks, per bits and pruned.
struct Sum {
  double entropy = 0, nncodec1 = 0, deepcabac = 0, zstd = 0;
  std::map<std::string, double> bytes;
};

void level_rows(const Options& options, Printer& printer) {
  std::map<std::pair<int, int>, Sum> sums;
  std::string loaded;
  std::vector<Tensor> weights;
  for (const Published& p : read_published()) {
    if (!wanted(options.rows, p.network)) continue;
    if (p.network != loaded) {
      weights = float_tensors(options.folder + "/models/" + p.network + ".onnx");
      std::erase_if(weights, [](const Tensor& t) { return t.rank() < 2 || t.size() == 0; });
      loaded = p.network;
    }
    std::vector<Payloads> tensors;
    for (const Tensor& w : weights) tensors.push_back(quantized(w, p.bits, p.pruned));
    const Sizes sizes = sizes_of(tensors);
    ensure(sizes.weights == p.weights && sizes.nonzero == p.nonzero &&
               std::fabs(sizes.entropy - static_cast<double>(p.entropy)) <= 1,
           "{} at {} bits, {} % pruned: {} weights, {} non-zero, H0 {:.0f}; published are {}, {}, {}", p.network,
           p.bits, p.pruned, sizes.weights, sizes.nonzero, sizes.entropy, p.weights, p.nonzero, p.entropy);
    const auto n = static_cast<double>(sizes.weights), nncodec1 = static_cast<double>(p.nncodec1);
    Row base = {{"network", p.network},
                {"bits", p.bits},
                {"pruned", p.pruned},
                {"weights", sizes.weights},
                {"H0", static_cast<uint64_t>(sizes.entropy)},
                {"H0 bits/weight", rounded(8 * sizes.entropy / n, 3)}};
    Sum& sum = sums[{p.bits, p.pruned}];
    sum.entropy += sizes.entropy;
    sum.nncodec1 += nncodec1;
    sum.deepcabac += static_cast<double>(p.deepcabac);
#ifdef PARE_BENCH_ZSTD
    const uint64_t zstd = zstd_bytes(tensors);
    base["zstd -19"] = zstd;
    sum.zstd += static_cast<double>(zstd);
#endif
    base["DeepCABAC"] = p.deepcabac;
    base["NNCodec 0"] = p.nncodec0;
    base["NNCodec 1"] = p.nncodec1;
    const auto print = [&](const std::string& codec, uint64_t bytes, const Measured* m) {
      Row row = base;
      const auto size = static_cast<double>(bytes);
      row["codec"] = codec;
      row["bytes"] = bytes;
      row["bits/weight"] = rounded(8 * size / n, 3);
      row["/H0"] = rounded(size / sizes.entropy, 4);
      row["/NNCodec 1"] = rounded(size / nncodec1, 4);
      row["encode M/s"] = m ? Row(rounded(n / m->encode_seconds / 1e6, 1)) : Row();
      row["decode M/s"] = m ? Row(rounded(n / m->decode_seconds / 1e6, 1)) : Row();
      printer.print(row);
      sum.bytes[codec] += size;
    };
    for (const Encoder* e : codecs_for(tensors, options)) {
      const Measured m = measure(*e, tensors);
      print(std::string(e->name), m.bytes, &m);
    }
    print("chosen", chosen_bytes(tensors, options), nullptr);
  }
  for (const auto& [key, sum] : sums) {
    for (const auto& [codec, bytes] : sum.bytes) {
      Row row = {{"sum over networks", codec}, {"bits", key.first}, {"pruned", key.second}};
      row["bytes"] = static_cast<uint64_t>(bytes);
      row["/H0"] = rounded(bytes / sum.entropy, 4);
      row["/NNCodec 1"] = rounded(bytes / sum.nncodec1, 4);
      row["/DeepCABAC"] = rounded(bytes / sum.deepcabac, 4);
      if (sum.zstd > 0) row["/zstd -19"] = rounded(bytes / sum.zstd, 4);
      printer.print(row);
    }
  }
}

// 90 % zeros, else a sign and a geometric magnitude: about 1.05 bits per weight.
void independent_weights(const Options& options, Printer& printer) {
  Payloads t;
  t.info = {
      .payload = Payload::levels, .dtype = DType::i32, .shape = {1000, 10000}, .low = -128, .high = 127, .zero = 0};
  t.levels.resize(10000000);
  Random random(1);
  for (int32_t& l : t.levels) {
    if (random.uniform() >= 0.1) continue;
    const double magnitude = std::min(127.0, std::ceil(std::log(1 - random.uniform()) / std::log(1 - 1 / 10.2)));
    l = static_cast<int32_t>(random.uniform() < 0.5 ? -std::max(1.0, magnitude) : std::max(1.0, magnitude));
  }
  const std::vector<Payloads> tensors = {std::move(t)};
  const Sizes sizes = sizes_of(tensors);
  const auto n = static_cast<double>(sizes.weights);
  for (const Encoder* e : codecs_for(tensors, options)) {
    const Measured m = measure(*e, tensors);
    const auto size = static_cast<double>(m.bytes);
    printer.print({{"independent weights", e->name},
                   {"weights", sizes.weights},
                   {"non-zero", sizes.nonzero},
                   {"H0 bits/weight", rounded(8 * sizes.entropy / n, 4)},
                   {"bits/weight", rounded(8 * size / n, 4)},
                   {"/H0", rounded(size / sizes.entropy, 4)},
                   {"encode M/s", rounded(n / m.encode_seconds / 1e6, 1)},
                   {"decode M/s", rounded(n / m.decode_seconds / 1e6, 1)}});
  }
}

// ---- floats ------------------------------------------------------------------------------------------------------

void float_rows(const std::string& network, const std::vector<Tensor>& all, const Options& options, Printer& printer) {
  for (const DType type : {DType::f32, DType::bf16}) {
    std::vector<Payloads> tensors;
    uint64_t plain = 0;
    for (const Tensor& tensor : all) {
      const Tensor t = cast(tensor, type);
      tensors.push_back({{.dtype = type, .shape = t.shape()}, {}, {t.bytes().begin(), t.bytes().end()}});
      plain += t.byte_size();
    }
    const auto size = static_cast<double>(plain);
    Row base = {{"floats of", network}, {"type", name_of(type)}, {"bytes", plain}};
#ifdef PARE_BENCH_ZSTD
    base["zstd -19 %"] = rounded(100 * static_cast<double>(zstd_bytes(tensors)) / size, 2);
#endif
    for (const Encoder* e : codecs_for(tensors, options)) {
      const Measured m = measure(*e, tensors);
      Row row = base;
      row["codec"] = e->name;
      row["coded"] = m.bytes;
      row["%"] = rounded(100 * static_cast<double>(m.bytes) / size, 2);
      row["encode MB/s"] = rounded(size / m.encode_seconds / 1e6, 0);
      row["decode MB/s"] = rounded(size / m.decode_seconds / 1e6, 0);
      printer.print(row);
    }
  }
}

void synthetic_floats(const Options& options, Printer& printer) {
  Tensor weights(DType::f32, {1000, 1000});
  Random random(2);
  for (float& w : weights.edit<float>()) w = static_cast<float>(random.normal() * 0.05);
  float_rows("1000x1000 normal", {weights}, options, printer);
}

Options parse(int argc, char** argv) {
  Options options;
  std::vector<std::string>* names = nullptr;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--json") {
      options.json = true;
    } else if (argument == "--rows") {
      names = &options.rows;
      continue;
    } else if (argument == "--codecs" && i + 1 < argc) {
      std::istringstream list(argv[++i]);
      for (std::string name; std::getline(list, name, ',');) {
        ensure(find_encoder(name) != nullptr, "no codec {}", name);
        options.codecs.push_back(name);
      }
    } else if (names && !argument.starts_with("--")) {
      if (argument != "all") names->push_back(argument);
      continue;
    } else if (!argument.starts_with("--") && options.folder.empty()) {
      options.folder = argument;
    } else {
      fail(Code::invalid, "usage: codec_bench [SHARED_FOLDER] [--rows all|NETWORK...] [--codecs a,b] [--json]");
    }
    names = nullptr;
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = parse(argc, argv);
    Printer printer(options.json);
    if (!options.folder.empty()) level_rows(options, printer);
    independent_weights(options, printer);
    if (!options.folder.empty()) {
      for (const std::string network :
           {"resnet20_cifar10", "resnet32_cifar10", "resnet56_cifar10", "resnet56b_cifar100", "vit_cifar10_pgd_2_3_16",
            "lenet5_mnist_original", "lenet300100_mnist_original"})
        if (wanted(options.rows, network))
          float_rows(network, float_tensors(options.folder + "/models/" + network + ".onnx"), options, printer);
    }
    synthetic_floats(options, printer);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
