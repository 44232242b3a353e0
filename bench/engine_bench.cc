// The engine's training loop against the same loop written directly with LibTorch's modules and optimizer: batches of
// 128, 30 steps each, interleaved, five rounds after a warm-up. Prints the median time of a step and the ratio.
//   engine_bench [lenet5_caffe] [vgg16_bn] [resnet20] [mobilenet_v1] [--steps 30] [--rounds 5] [--threads 2] [--busy]
// --busy: another thread keeps one core busy; the ratio of CPU time says how much work each loop is, whoever else runs.
#include <torch/torch.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <thread>

#include "bench/noise.h"
#include "core/zoo/zoo.h"
#include "train/engine.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  int64_t steps = 30, rounds = 5, batch = 128;
  int threads = static_cast<int>(std::thread::hardware_concurrency());
  bool busy = false;
  std::vector<std::string> cases = {};
  bool wants(const std::string& name) const {
    return cases.empty() || std::find(cases.begin(), cases.end(), name) != cases.end();
  }
};

torch::Tensor batch_of(const Noise& data, int64_t first, int64_t size) {
  std::vector<int64_t> shape = data.spec().inputs[0].shape;
  shape.insert(shape.begin(), size);
  const int64_t elements = static_cast<int64_t>(data.spec().inputs[0].byte_size() / sizeof(float));
  return torch::from_blob(const_cast<float*>(data.pixels().data()) + first * elements, shape);
}

// ---- the loops compared -------------------------------------------------------------------------------------------

class Direct {
 public:
  Direct(torch::nn::Sequential network, const Noise& data)
      : network_(std::move(network)),
        data_(data),
        optimizer_(network_->parameters(), torch::optim::SGDOptions(0.01).momentum(0.9).weight_decay(5e-4)) {}
  void operator()(int64_t steps, int64_t batch) {
    at::globalContext().setDeterministicAlgorithms(false, false);
    for (int64_t i = 0; i < steps; ++i) {
      optimizer_.zero_grad();
      const torch::Tensor target = torch::arange(i * batch, (i + 1) * batch).remainder(10);
      const torch::Tensor loss =
          torch::nn::functional::cross_entropy(network_->forward(batch_of(data_, i * batch, batch)), target);
      loss.backward();
      optimizer_.step();
      if (!std::isfinite(loss.item<float>())) std::abort();
    }
  }

 private:
  torch::nn::Sequential network_;
  const Noise& data_;
  torch::optim::SGD optimizer_;
};

void engine_steps(pare::Engine& engine, pare::Graph& graph, const pare::DatasetPtr& data, int64_t batch) {
  pare::Job job;
  job.graphs = {{"student", &graph, true}};
  job.train = data;
  job.options.epochs = 1;
  job.options.batch = batch;
  job.options.rate = 0.01;
  job.options.weight_decay = 5e-4;
  job.options.decay_norm_and_bias = true;
  job.options.schedule = "constant";
  job.options.evaluate_each_epoch = false;
  at::globalContext().setDeterministicAlgorithms(true, true);  // what the engine does by default
  engine.fit(job, pare::Progress::quiet());
}

torch::nn::Sequential lenet5_caffe() {
  using namespace torch::nn;
  return Sequential(Conv2d(Conv2dOptions(1, 20, 5)), MaxPool2d(2), Conv2d(Conv2dOptions(20, 50, 5)), MaxPool2d(2),
                    Flatten(), Linear(800, 500), ReLU(), Linear(500, 10));
}

torch::nn::Sequential vgg16_bn() {
  using namespace torch::nn;
  Sequential network;
  int64_t channels = 3;
  for (const int64_t width : {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0}) {
    if (width == 0) {
      network->push_back(MaxPool2d(2));
      continue;
    }
    network->push_back(Conv2d(Conv2dOptions(channels, width, 3).padding(1)));
    network->push_back(BatchNorm2d(width));
    network->push_back(ReLU());
    channels = width;
  }
  network->push_back(Flatten());
  network->push_back(Linear(512, 10));
  return network;
}

// A block of the CIFAR ResNets (He et al. 2016), option A: the shortcut takes every other pixel and pads channels.
struct BlockImpl : torch::nn::Module {
  torch::nn::Conv2d conv1, conv2;
  torch::nn::BatchNorm2d norm1, norm2;
  int64_t stride, more;
  BlockImpl(int64_t in, int64_t out, int64_t step)
      : conv1(torch::nn::Conv2dOptions(in, out, 3).stride(step).padding(1).bias(false)),
        conv2(torch::nn::Conv2dOptions(out, out, 3).padding(1).bias(false)),
        norm1(out),
        norm2(out),
        stride(step),
        more(out - in) {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("norm1", norm1);
    register_module("norm2", norm2);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor shortcut = x;
    if (more > 0) {
      using torch::indexing::Slice;
      shortcut = x.index({Slice(), Slice(), Slice(0, torch::indexing::None, 2), Slice(0, torch::indexing::None, 2)});
      shortcut = torch::constant_pad_nd(shortcut, {0, 0, 0, 0, more / 2, more - more / 2});
    }
    return torch::relu(norm2(conv2(torch::relu(norm1(conv1(x))))) + shortcut);
  }
};
TORCH_MODULE(Block);

torch::nn::Sequential resnet20() {
  using namespace torch::nn;
  Sequential network(Conv2d(Conv2dOptions(3, 16, 3).padding(1).bias(false)), BatchNorm2d(16), ReLU());
  int64_t in = 16;
  for (const int64_t out : {16, 16, 16, 32, 32, 32, 64, 64, 64}) {
    network->push_back(Block(in, out, out == in ? 1 : 2));
    in = out;
  }
  network->push_back(AdaptiveAvgPool2d(AdaptiveAvgPool2dOptions(1)));
  network->push_back(Flatten());
  network->push_back(Linear(64, 10));
  return network;
}

// MobileNet-v1 1.0 (Howard et al. 2017).
torch::nn::Sequential mobilenet_v1() {
  using namespace torch::nn;
  Sequential network;
  const auto add = [&](int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t groups) {
    network->push_back(
        Conv2d(Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).groups(groups).bias(false)));
    network->push_back(BatchNorm2d(out));
    network->push_back(ReLU6());
  };
  add(3, 32, 3, 2, 1);
  int64_t in = 32;
  for (const auto& [out, stride] : std::vector<std::pair<int64_t, int64_t>>{{64, 1},
                                                                            {128, 2},
                                                                            {128, 1},
                                                                            {256, 2},
                                                                            {256, 1},
                                                                            {512, 2},
                                                                            {512, 1},
                                                                            {512, 1},
                                                                            {512, 1},
                                                                            {512, 1},
                                                                            {512, 1},
                                                                            {1024, 2},
                                                                            {1024, 1}}) {
    add(in, in, 3, stride, in);
    add(in, out, 1, 1, 1);
    in = out;
  }
  network->push_back(AdaptiveAvgPool2d(AdaptiveAvgPool2dOptions(1)));
  network->push_back(Flatten());
  network->push_back(Linear(1024, 10));
  return network;
}

// ---- measuring ----------------------------------------------------------------------------------------------------

struct Cost {
  double wall, cpu;  // ns per step
};
Cost measure(const std::function<void()>& work, int64_t steps) {
  const auto start = Clock::now();
  const std::clock_t cpu = std::clock();
  work();
  const double n = static_cast<double>(steps);
  return {std::chrono::duration<double, std::nano>(Clock::now() - start).count() / n,
          1e9 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC / n};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(const char* name, const Settings& settings, pare::Engine& engine, pare::Graph graph,
             torch::nn::Sequential network, const pare::Shape& image) {
  const auto data = std::make_shared<Noise>(image, settings.steps * settings.batch);
  Direct direct(std::move(network), *data);
  std::vector<double> ours, theirs, wall_ratios, cpu_ratios;
  for (int64_t round = -1; round < settings.rounds; ++round) {  // the first is a warm-up
    const Cost engine_cost = measure([&] { engine_steps(engine, graph, data, settings.batch); }, settings.steps);
    const Cost direct_cost = measure([&] { direct(settings.steps, settings.batch); }, settings.steps);
    if (round < 0) continue;
    ours.push_back(engine_cost.wall), theirs.push_back(direct_cost.wall);
    wall_ratios.push_back(engine_cost.wall / direct_cost.wall), cpu_ratios.push_back(engine_cost.cpu / direct_cost.cpu);
  }
  std::printf("engine,%s,%s,%d,%.0f,%.0f,%.3f,%.3f\n", name, settings.busy ? "busy" : "idle", settings.threads,
              median(ours), median(theirs), median(wall_ratios), median(cpu_ratios));
  std::fflush(stdout);
}

Settings parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--busy")
      settings.busy = true;
    else if (flag == "--steps" && i + 1 < argc)
      settings.steps = std::atol(argv[++i]);
    else if (flag == "--rounds" && i + 1 < argc)
      settings.rounds = std::atol(argv[++i]);
    else if (flag == "--threads" && i + 1 < argc)
      settings.threads = std::atoi(argv[++i]);
    else if (flag[0] != '-')
      settings.cases.push_back(flag);
    else
      std::fprintf(stderr, "unknown flag %s\n", argv[i]), std::exit(2);
  }
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  // This program links OpenMP itself, so the policy that open_engine sets would come too late.
  if (!std::getenv("OMP_WAIT_POLICY")) {
    setenv("OMP_WAIT_POLICY", "PASSIVE", 1);
    execv("/proc/self/exe", argv);
  }
  const Settings settings = parse(argc, argv);
  at::set_num_threads(settings.threads);
  const auto engine = pare::open_engine({"cpu", settings.threads, true});

  std::atomic<bool> stop = false;
  std::thread neighbour;
  if (settings.busy)
    neighbour = std::thread([&] {
      while (!stop) {
      }
    });
  std::printf("bench,case,neighbour,threads,engine_ns,direct_ns,ratio,cpu_ratio\n");
  if (settings.wants("lenet5_caffe"))
    compare("lenet5_caffe", settings, *engine, pare::build("lenet5-caffe"), lenet5_caffe(), {1, 28, 28});
  if (settings.wants("vgg16_bn")) {
    const pare::Param options = pare::param_from_yaml("{size: 32, classes: 10, head: small}", "bench");
    compare("vgg16_bn", settings, *engine, pare::build("vgg16-bn", options), vgg16_bn(), {3, 32, 32});
  }
  if (settings.wants("resnet20"))
    compare("resnet20", settings, *engine, pare::build("resnet20"), resnet20(), {3, 32, 32});
  if (settings.wants("mobilenet_v1")) {  // as in a transfer to images of 128 x 128, in batches of 32
    Settings small = settings;
    small.batch = 32;
    const pare::Param options = pare::param_from_yaml("{size: 128, classes: 10}", "bench");
    compare("mobilenet_v1", small, *engine, pare::build("mobilenet-v1", options), mobilenet_v1(), {3, 128, 128});
  }
  stop = true;
  if (neighbour.joinable()) neighbour.join();
}
