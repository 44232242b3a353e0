// How long networks take to come in, run once and go out, and the memory of it. One process per network, so that the
// peak is its own.
//   graphs_bench [FILE.onnx|FILE.onnx.gz ...]   default: ../shared/models/graphs, and a network of 600 MB written here
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/watch.h"
#include "core/cost.h"
#include "core/error.h"
#include "core/onnx/onnx.h"
#include "core/zoo/zoo.h"
#include "tests/support/random_weights.h"
#include "train/engine.h"

namespace {

namespace fs = std::filesystem;
using namespace pare;

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::vector<Tensor> ones_for(const Graph& graph) {
  std::vector<Tensor> inputs;
  for (const ValueId id : graph.inputs) {
    Shape shape;
    for (const Dim& d : *graph.value(id).dims) shape.push_back(d.known() ? d.factor : 1);
    Tensor x(DType::f32, shape);
    for (float& v : x.edit<float>()) v = 1;
    inputs.push_back(std::move(x));
  }
  return inputs;
}

// The model as a plain file with weights, so that what is measured is a file that people have.
std::string prepared(const fs::path& path, const fs::path& folder) {
  if (path.extension() != ".gz") return path;
  const std::string plain = folder / path.stem();
  if (fs::exists(plain)) return plain;
  Graph graph = parse_onnx(testing::read_gz(path), path, {.lift = false});
  testing::fill_weights(graph, 1);
  export_onnx(graph, plain);
  return plain;
}

void measure(const std::string& path, const fs::path& folder) {
  const Watch import_watch;
  const Graph graph = import_onnx(path);
  const double import_seconds = import_watch.seconds(), import_peak = peak_megabytes();
  const int64_t parameters = cost(graph).parameters;
  const auto engine = open_engine({});
  const std::vector<Tensor> inputs = ones_for(graph);
  engine->run(graph, inputs);
  double run_seconds = 1e9;
  for (int i = 0; i < 3; ++i) {
    const Watch run_watch;
    engine->run(graph, inputs);
    run_seconds = std::min(run_seconds, run_watch.seconds());
  }
  const Watch export_watch;
  export_onnx(graph, folder / "out.onnx", {.external_data = fs::file_size(path) < (uint64_t{1} << 20)});
  const double export_seconds = export_watch.seconds();
  std::printf("%s,%zu,%lld,%.1f,%.3f,%.3f,%.3f,%.0f,%.0f\n", fs::path(path).stem().c_str(), graph.nodes.size(),
              static_cast<long long>(parameters), static_cast<double>(fs::file_size(path)) / 1e6, import_seconds,
              run_seconds, export_seconds, import_peak, peak_megabytes());
  std::fflush(stdout);
}

template <class Body>
void in_own_process(Body&& body) {
  const pid_t child = fork();
  if (child == 0) {
    int status = 0;
    try {
      body();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
      status = 1;
    }
    std::fflush(stdout);
    _exit(status);
  }
  int status = 0;
  waitpid(child, &status, 0);
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = fs::temp_directory_path() / ("pare-graphs-" + std::to_string(getpid()));
  fs::create_directories(folder);
  std::vector<fs::path> paths(argv + 1, argv + argc);
  std::printf("network,nodes,parameters,file MB,import s,run s (batch 1),export s,import peak MB,peak MB\n");
  std::fflush(stdout);
  if (paths.empty()) {
    if (fs::exists("../shared/models/graphs"))
      for (const auto& entry : fs::directory_iterator("../shared/models/graphs")) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const bool external : {false, true}) {
      const fs::path large = folder / (external ? "vgg16-600MB-external.onnx" : "vgg16-600MB.onnx");
      in_own_process([&] {
        Param options = Param::map();
        options.set("classes", Param::text("4000"));
        export_onnx(build("vgg16", options), large, {.external_data = external});
      });
      paths.push_back(large);
    }
  }
  for (const fs::path& path : paths) {
    in_own_process([&] { prepared(path, folder); });
    in_own_process([&] { measure(prepared(path, folder), folder); });
  }
  fs::remove_all(folder);
}
