// Half of the prunable channels of each network removed, under a threshold per group and under one for all: how long it
// takes to make channels visible, to find them and to cut, what is left, and how far the outputs are from those of the
// network with these channels masked. One process per network.
//   channels_bench [--out FOLDER] [FILE.onnx|FILE.onnx.gz ...]   default: ../shared/models/graphs and ../shared/models
// --out keeps each cut network as NETWORK-local.onnx and NETWORK-global.onnx, for other runtimes to judge.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/watch.h"
#include "compress/prune/channels/scores.h"
#include "compress/prune/channels/select.h"
#include "core/channels/channels.h"
#include "core/cost.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/onnx/onnx.h"
#include "core/random.h"
#include "tests/support/masked_twin.h"
#include "tests/support/random_weights.h"
#include "train/engine.h"

namespace {

namespace fs = std::filesystem;
using namespace pare;

std::vector<Tensor> noise_for(const Graph& graph) {
  std::vector<Tensor> inputs;
  Random random(7);
  for (const ValueId id : graph.inputs) {
    Shape shape;
    for (const Dim& d : *graph.value(id).dims) shape.push_back(d.known() ? d.factor : 1);
    Tensor x(DType::f32, shape);
    for (float& v : x.edit<float>()) v = static_cast<float>(random.uniform(-1, 1));
    inputs.push_back(std::move(x));
  }
  return inputs;
}

// Largest difference, relative to the largest output.
double difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    double most = 0, apart = 0;
    for (size_t j = 0; j < static_cast<size_t>(a[i].size()); ++j) {
      const double x = a[i].view<float>()[j], y = b[i].view<float>()[j];
      most = std::max({most, std::abs(x), std::abs(y)});
      apart = std::max(apart, std::abs(x - y));
      if (!(std::abs(x - y) <= 1e30)) return HUGE_VAL;
    }
    worst = std::max(worst, most > 0 ? apart / most : 0);
  }
  return worst;
}

std::vector<bool> half(const Graph& graph, const Channels& channels, bool global) {
  const auto scores = score_channels(ChannelContext{.graph = graph, .channels = channels}, {});
  std::vector<PrunableGroup> groups;
  for (size_t g = 0; g < scores.size(); ++g)
    groups.push_back({.scores = scores[g], .ratio = 0.5, .kind = global ? "" : std::to_string(g)});
  return flags_of(channels, choose_channels(groups));
}

void measure(const fs::path& path, const fs::path& out) {
  Graph graph =
      path.extension() == ".gz" ? parse_onnx(testing::read_gz(path), path.string()) : import_onnx(path.string());
  if (path.extension() == ".gz") testing::fill_weights(graph, 1);
  const std::string name = (path.extension() == ".gz" ? path.stem() : path.filename()).stem();
  const auto engine = open_engine({});
  const std::vector<Tensor> inputs = noise_for(graph);
  const std::vector<Tensor> source = engine->run(graph, inputs);
  const Watch expose_watch;
  expose_channels(graph);
  infer_shapes(graph);
  const double expose_seconds = expose_watch.seconds();
  const double exposed = difference(source, engine->run(graph, inputs));
  const Watch find_watch;
  const Channels channels = Channels::find(graph);
  const double find_seconds = find_watch.seconds();
  const NetworkCost before = cost_of_dims(graph);
  for (const bool global : {false, true}) {
    const std::vector<bool> removed = half(graph, channels, global);
    Graph cut = graph;
    const Watch cut_watch;
    remove_channels(cut, channels, removed);
    const double cut_seconds = cut_watch.seconds();
    const NetworkCost after = cost_of_dims(cut);
    const double apart =
        difference(engine->run(testing::masked_twin(graph, channels, removed), inputs), engine->run(cut, inputs));
    if (!out.empty()) export_onnx(cut, (out / (name + (global ? "-global.onnx" : "-local.onnx"))).string());
    std::printf("%s,%s,%zu,%zu,%zu,%td,%.3f,%.3f,%.3f,%.2f,%.2f,%.0f,%.0f,%.1e,%.1e\n", name.c_str(),
                global ? "global" : "local", channels.held_back().size(), channels.groups().size(), channels.size(),
                std::count(removed.begin(), removed.end(), true), expose_seconds, find_seconds, cut_seconds,
                static_cast<double>(before.parameters) / 1e6, static_cast<double>(after.parameters) / 1e6,
                static_cast<double>(before.macs) / 1e6, static_cast<double>(after.macs) / 1e6, exposed, apart);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  fs::path out;
  std::vector<fs::path> paths;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--out" && i + 1 < argc)
      out = argv[++i];
    else
      paths.emplace_back(argv[i]);
  }
  if (!out.empty()) fs::create_directories(out);
  if (paths.empty()) {
    for (const char* folder : {"../shared/models/graphs", "../shared/models"}) {
      if (!fs::exists(folder)) continue;
      const size_t first = paths.size();
      for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".onnx" || entry.path().extension() == ".gz") paths.push_back(entry.path());
      std::sort(paths.begin() + static_cast<ptrdiff_t>(first), paths.end());
    }
  }
  std::printf(
      "network,scope,nodes held back,groups,channels,removed,expose s,find s,cut s,parameters M,left M,MACs M,left M,"
      "exposed apart,masked apart\n");
  std::fflush(stdout);
  for (const fs::path& path : paths) {
    const pid_t child = fork();
    if (child == 0) {
      int status = 0;
      try {
        measure(path, out);
      } catch (const std::exception& e) {
        std::fprintf(stderr, "%s: %s\n", path.filename().c_str(), e.what());
        status = 1;
      }
      std::fflush(stdout);
      _exit(status);
    }
    int status = 0;
    waitpid(child, &status, 0);
  }
}
