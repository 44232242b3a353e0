// The module's entry point: the Engine interface over LibTorch.
#include <algorithm>
#include <cstdlib>
#include <thread>
#ifdef __GLIBC__  // known once a header of the library was read
#include <malloc.h>
#endif

#include "core/error.h"
#include "train/engine.h"
#include "train/torch/aten.h"
#include "train/torch/batch.h"
#include "train/torch/convert.h"
#include "train/torch/evaluate.h"
#include "train/torch/measure.h"
#include "train/torch/module.h"
#include "train/torch/process_group.h"
#include "train/torch/trainer.h"

namespace pare::engine {
namespace {

// Processes of one machine take one GPU each.
at::Device own_gpu(const World& world) {
  const int there = c10::impl::VirtualGuardImpl(at::kCUDA).deviceCount();
  ensure(world.local_rank < there, "rank {} is process {} of this machine, which has {} GPUs", world.rank,
         world.local_rank, there);
  return {at::kCUDA, static_cast<at::DeviceIndex>(world.local_rank)};
}

at::Device choose_device(const std::string& name, const World& world) {
  if (name == "auto") return at::hasCUDA() ? own_gpu(world) : at::Device(at::kCPU);
  if (name == "cpu") return at::kCPU;
  const bool cuda = name == "cuda" || (name.starts_with("cuda:") && name.size() > 5 && name.size() < 8 &&
                                       name.find_first_not_of("0123456789", 5) == std::string::npos);
  ensure(cuda, "unknown device '{}' (cpu, cuda, cuda:1, auto)", name);
  if (!at::hasCUDA()) fail(Code::missing, "device '{}': LibTorch has no CUDA here", name);
  if (name == "cuda") return own_gpu(world);
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(std::stoi(name.substr(5))));
}

int choose_threads(const EngineOptions& options) {
  if (options.threads > 0) return options.threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / options.world.local_size);
}

// Callers own their data sets; the loader wants to share one.
DatasetPtr borrow(const Dataset& data) { return DatasetPtr(DatasetPtr(), &data); }

// What LibTorch throws outside of a node becomes ours.
template <class Body>
auto guarded(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const c10::Error& error) {
    fail(Code::internal, "LibTorch: {}", first_line(error));
  }
}

// Every step asks for the same large blocks again. By default glibc hands those back to the system when they are freed
// and takes them anew, page by page: a fifth of the time of a LeNet step. The price is that a process keeps what it
// once used.
void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLargest = 1 << 30;  // bytes
  mallopt(M_MMAP_THRESHOLD, kLargest);
  mallopt(M_TRIM_THRESHOLD, kLargest);
#endif
}

class TorchEngine final : public Engine {
 public:
  explicit TorchEngine(const EngineOptions& options)
      : device_(choose_device(options.device, options.world)),
        threads_(choose_threads(options)),
        world_(options.world) {
    keep_freed_memory();
    at::globalContext().setAllowTF32CuDNN(false);  // float32 means float32
    at::globalContext().setAllowTF32CuBLAS(false);
    if (options.deterministic) {
      if (device_.is_cuda()) setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
      at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
      at::globalContext().setDeterministicCuDNN(true);
    }
    if (world_.several()) group_ = std::make_unique<ProcessGroup>(world_, device_, options.timeout);
  }

  std::string description() const override {
    const std::string threads = fmt::format("{} thread{}", threads_, threads_ == 1 ? "" : "s");
    if (!group_) return fmt::format("LibTorch {}, {}, {}", TORCH_VERSION, device_.str(), threads);
    return fmt::format("LibTorch {}, {}, {} processes ({}) of {}", TORCH_VERSION, device_.str(), group_->size(),
                       group_->backend(), threads);
  }

  std::vector<Tensor> run(const Graph& graph, std::span<const Tensor> inputs, std::span<const ValueId> fetch) override {
    use_threads();
    return guarded([&] {
      at::NoGradGuard no_gradients;
      std::vector<ValueId> wanted(fetch.begin(), fetch.end());
      if (wanted.empty()) wanted = graph.outputs;
      const Module module(graph, wanted, device_);
      std::vector<at::Tensor> given;
      for (const Tensor& input : inputs) given.push_back(to_aten(input));
      const std::vector<at::Tensor> results = module.run(given, inference());
      std::vector<Tensor> out;
      for (size_t i = 0; i < results.size(); ++i) out.push_back(from_aten(results[i], graph.value(wanted[i]).dtype));
      return out;
    });
  }

  Evaluation evaluate(const Graph& graph, const Dataset& data, const EvaluateOptions& options,
                      Progress& progress) override {
    use_threads();
    return together(progress, [&] {
      check_inputs(graph, data.spec());
      const Module module(graph, evaluated_values(graph), device_);
      const int64_t fixed = fixed_batch(graph);
      Mode mode = inference();
      mode.part.group = group_.get();
      return engine::evaluate(module, borrow(data), fixed > 0 ? fixed : options.batch, options, mode, progress);
    });
  }

  void fit(Job& job, Progress& progress) override {
    use_threads();
    together(progress, [&] { Trainer(job, device_, group_.get()).run(progress); });
  }

  // Every process measures on all of the same batches: they are few, and no sum then depends on who did which.
  Evidence measure(const Graph& graph, const Dataset& data, Needs needs, int64_t batches, Progress& progress) override {
    use_threads();
    return guarded([&] {
      check_inputs(graph, data.spec());
      return engine::measure(graph, borrow(data), needs, batches, device_, progress);
    });
  }

  const World& world() const override { return world_; }
  std::vector<std::byte> share(std::vector<std::byte> bytes) override {
    return group_ ? guarded([&] { return group_->share(bytes); }) : bytes;
  }

 private:
  // Told to stop, the processes leave at slightly different moments: whom the others leave behind was told as well.
  template <class Body>
  auto together(const Progress& progress, Body&& body) -> decltype(body()) {
    try {
      return guarded(body);
    } catch (const Error& error) {
      if (group_ && error.code() == Code::io && progress.cancelled())
        fail(Code::cancelled, "stopped at the user's request");
      throw;
    }
  }

  // OpenMP's thread count belongs to the calling thread.
  void use_threads() const { at::set_num_threads(threads_); }
  Mode inference() const {
    Mode mode;
    mode.device = device_;
    return mode;
  }

  at::Device device_;
  int threads_;
  World world_;
  std::unique_ptr<ProcessGroup> group_;  // null for one process
};

}  // namespace
}  // namespace pare::engine

extern "C" pare::Engine* pare_make_engine(const pare::EngineOptions& options) {
  return new pare::engine::TorchEngine(options);
}
