// Two processes of one thread that train together over Gloo against one process of two threads, batches of 128:
// samples per second of each, their ratio, and the bytes of gradients that every step sums. CSV on stdout.
//   processes_bench [lenet5-caffe] [resnet20] [--steps 20] [--rounds 3]
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/noise.h"
#include "core/cost.h"
#include "core/edit.h"
#include "core/zoo/zoo.h"
#include "tests/support/free_port.h"
#include "train/engine.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr int64_t kBatch = 128;

struct Case {
  const char* network;
  pare::Shape image;
};
const std::array kCases = {Case{"lenet5-caffe", {1, 28, 28}}, Case{"resnet20", {3, 32, 32}}};

struct Settings {
  int64_t steps = 20, rounds = 3;
  std::vector<std::string> cases = {};
  bool wants(const std::string& name) const {
    return cases.empty() || std::find(cases.begin(), cases.end(), name) != cases.end();
  }
};

pare::Graph network(const Case& what) {
  pare::Graph graph = pare::build(what.network);
  pare::mark_trainable(graph);
  return graph;
}

double samples_per_second(pare::Engine& engine, pare::Graph& graph, const pare::DatasetPtr& data) {
  pare::Job job;
  job.graphs = {{"student", &graph, true}};
  job.train = data;
  job.options.epochs = 1;
  job.options.batch = kBatch;
  job.options.rate = 0.01;
  job.options.schedule = "constant";
  job.options.evaluate_each_epoch = false;
  const auto start = Clock::now();
  engine.fit(job, pare::Progress::quiet());
  return static_cast<double>(data->size()) / std::chrono::duration<double>(Clock::now() - start).count();
}

// Median of the rounds after a warm-up.
double measure(const Case& what, const Settings& settings, const pare::EngineOptions& options) {
  const auto engine = pare::open_engine(options);
  const auto data = std::make_shared<Noise>(what.image, settings.steps * kBatch);
  pare::Graph graph = network(what);
  samples_per_second(*engine, graph, data);
  std::vector<double> speeds;
  for (int64_t round = 0; round < settings.rounds; ++round) speeds.push_back(samples_per_second(*engine, graph, data));
  std::sort(speeds.begin(), speeds.end());
  return speeds[speeds.size() / 2];
}

// In processes of their own, before this one has threads; what rank 0 measured comes through a pipe.
double measure_apart(const Case& what, const Settings& settings, int processes) {
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  const int port = pare::testing::free_port();
  for (int rank = 0; rank < processes; ++rank) {
    const pid_t pid = ::fork();
    if (pid < 0) std::abort();
    if (pid > 0) continue;
    pare::EngineOptions options{.device = "cpu", .threads = processes == 1 ? 2 : 1};
    options.world.rank = options.world.local_rank = rank;
    options.world.size = options.world.local_size = processes;
    options.world.address = "127.0.0.1";
    options.world.port = port;
    const double speed = measure(what, settings, options);
    if (rank == 0 && ::write(ends[1], &speed, sizeof speed) != sizeof speed) std::abort();
    ::_exit(0);
  }
  ::close(ends[1]);
  double speed = 0;
  if (::read(ends[0], &speed, sizeof speed) != sizeof speed) speed = 0;
  ::close(ends[0]);
  while (::wait(nullptr) > 0) {
  }
  return speed;
}

Settings parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--steps" && i + 1 < argc)
      settings.steps = std::atol(argv[++i]);
    else if (flag == "--rounds" && i + 1 < argc)
      settings.rounds = std::atol(argv[++i]);
    else if (flag[0] != '-')
      settings.cases.push_back(flag);
    else
      std::fprintf(stderr, "unknown flag %s\n", argv[i]), std::exit(2);
  }
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = parse(argc, argv);
  std::printf("bench,case,gradient_bytes,one_process_per_s,two_processes_per_s,ratio\n");
  for (const Case& what : kCases) {
    if (!settings.wants(what.network)) continue;
    const int64_t bytes = pare::cost(network(what)).parameters * static_cast<int64_t>(sizeof(float));
    const double one = measure_apart(what, settings, 1), two = measure_apart(what, settings, 2);
    std::printf("processes,%s,%lld,%.0f,%.0f,%.3f\n", what.network, static_cast<long long>(bytes), one, two, two / one);
    std::fflush(stdout);
  }
}
