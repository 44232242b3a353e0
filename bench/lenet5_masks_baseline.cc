// The baseline row of recipes/lenet5-sweep.yaml: LeNet-5 (1998) trained, masked and retrained with LibTorch's own
// modules, optimizer and a plain magnitude threshold (kthvalue, layer by layer), sharing nothing with pare but the
// data reader. Prints one JSON line per sparsity: correct test images after 5 and after the last epoch, seconds.
//   lenet5_masks_baseline mnist:DIR [--epochs 60] [--dense-epochs 0] [--seed 1] [--sparsity 0.9 ...]
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "core/data/dataset.h"

namespace {

struct LeNet5Impl : torch::nn::Module {
  torch::nn::Conv2d conv1{torch::nn::Conv2dOptions(1, 6, 5).padding(2)}, conv2{torch::nn::Conv2dOptions(6, 16, 5)};
  torch::nn::Linear fc1{400, 120}, fc2{120, 84}, fc3{84, 10};
  LeNet5Impl() {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
    register_module("fc3", fc3);
  }
  torch::Tensor forward(torch::Tensor x) {
    x = torch::avg_pool2d(torch::tanh(conv1(x)), 2, 2);
    x = torch::avg_pool2d(torch::tanh(conv2(x)), 2, 2).flatten(1);
    return fc3(torch::tanh(fc2(torch::tanh(fc1(x)))));
  }
};
TORCH_MODULE(LeNet5);

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// All images of a split as one tensor, and their labels.
std::pair<torch::Tensor, torch::Tensor> load(const pare::DatasetPtr& data) {
  pare::Loader::Options options;
  options.batch = static_cast<int64_t>(data->size());
  pare::Loader loader(data, options);
  pare::Batch batch;
  loader.next(batch);
  const auto n = static_cast<int64_t>(data->size());
  auto x = torch::empty({n, 1, 28, 28});
  auto y = torch::empty({n}, torch::kLong);
  std::memcpy(x.data_ptr(), batch.inputs[0].bytes().data(), batch.inputs[0].byte_size());
  std::memcpy(y.data_ptr(), batch.target.bytes().data(), batch.target.byte_size());
  return {x, y};
}

using Masks = std::vector<std::pair<torch::Tensor, torch::Tensor>>;  // weight, mask

// One threshold per layer over its weights (not biases).
Masks magnitude_masks(LeNet5& net, double sparsity) {
  Masks masks;
  for (auto& item : net->named_parameters()) {
    torch::Tensor& weight = item.value();
    const auto cut = static_cast<int64_t>(sparsity * static_cast<double>(weight.numel()));
    if (!item.key().ends_with("weight") || cut == 0) continue;
    const auto magnitude = weight.detach().abs();
    const auto threshold = std::get<0>(magnitude.flatten().kthvalue(cut));
    masks.emplace_back(weight, (magnitude > threshold).to(torch::kFloat));
  }
  return masks;
}

void train_epoch(LeNet5& net, torch::optim::SGD& optimizer, const torch::Tensor& x, const torch::Tensor& y,
                 const Masks& masks) {
  net->train();
  const auto order = torch::randperm(x.size(0));
  for (int64_t first = 0; first < x.size(0); first += 128) {
    const auto index = order.slice(0, first, std::min(first + 128, x.size(0)));
    optimizer.zero_grad();
    torch::nn::functional::cross_entropy(net(x.index_select(0, index)), y.index_select(0, index)).backward();
    optimizer.step();
    torch::NoGradGuard guard;
    for (auto& [weight, mask] : masks) weight.mul_(mask);
  }
}

int64_t correct(LeNet5& net, const torch::Tensor& x, const torch::Tensor& y) {
  torch::NoGradGuard guard;
  net->eval();
  return (net(x).argmax(1) == y).sum().item<int64_t>();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(
        stderr,
        "usage: lenet5_masks_baseline mnist:DIR [--epochs N] [--dense-epochs N] [--seed N] [--sparsity X]...\n");
    return 2;
  }
  int64_t epochs = 60, dense_epochs = 0, seed = 1;
  std::vector<double> sparsities;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--epochs")
      epochs = std::stoll(argv[i + 1]);
    else if (flag == "--dense-epochs")
      dense_epochs = std::stoll(argv[i + 1]);
    else if (flag == "--seed")
      seed = std::stoll(argv[i + 1]);
    else if (flag == "--sparsity")
      sparsities.push_back(std::stod(argv[i + 1]));
  }
  if (sparsities.empty()) sparsities = {0.9};
  const pare::Data data = pare::open_data(argv[1]);
  const auto [x, y] = load(data.train);
  const auto [test_x, test_y] = load(data.test);

  for (const double sparsity : sparsities) {
    torch::manual_seed(seed);
    LeNet5 net;
    torch::optim::SGD optimizer(net->parameters(), torch::optim::SGDOptions(0.01).momentum(0.5));
    for (int64_t epoch = 0; epoch < dense_epochs; ++epoch) train_epoch(net, optimizer, x, y, {});
    const Masks masks = magnitude_masks(net, sparsity);
    for (auto& [weight, mask] : masks) weight.detach().mul_(mask);
    const auto start = std::chrono::steady_clock::now();
    int64_t after_5 = 0;
    for (int64_t epoch = 1; epoch <= epochs; ++epoch) {
      train_epoch(net, optimizer, x, y, masks);
      if (epoch == 5) after_5 = correct(net, test_x, test_y);
    }
    const double train_seconds = seconds_since(start);
    const auto test_start = std::chrono::steady_clock::now();
    const int64_t last = correct(net, test_x, test_y);
    std::printf(
        "{\"sparsity\": %g, \"correct_after_5\": %ld, \"epochs\": %ld, \"correct\": %ld, \"train_seconds\": %.1f, "
        "\"test_seconds\": %.2f}\n",
        sparsity, static_cast<long>(after_5), static_cast<long>(epochs), static_cast<long>(last), train_seconds,
        seconds_since(test_start));
    std::fflush(stdout);
  }
}
