// The module's entry point: the Engine interface over LibTorch.
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstdlib>
#include <thread>

#include "core/error.h"
#include "train/engine.h"
#include "train/torch/aten.h"
#include "train/torch/batch.h"
#include "train/torch/convert.h"
#include "train/torch/evaluate.h"
#include "train/torch/measure.h"
#include "train/torch/module.h"
#include "train/torch/trainer.h"

namespace pare::engine {
namespace {

at::Device choose_device(const std::string& name) {
  if (name == "auto") return at::hasCUDA() ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  if (name == "cpu") return at::kCPU;
  const bool cuda = name == "cuda" || (name.starts_with("cuda:") && name.size() > 5 && name.size() < 8 &&
                                       name.find_first_not_of("0123456789", 5) == std::string::npos);
  ensure(cuda, "unknown device '{}' (cpu, cuda, cuda:1, auto)", name);
  if (!at::hasCUDA()) fail(Code::missing, "device '{}': LibTorch has no CUDA here", name);
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(name == "cuda" ? 0 : std::stoi(name.substr(5))));
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
      : device_(choose_device(options.device)),
        threads_(options.threads > 0 ? options.threads
                                     : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))) {
    keep_freed_memory();
    at::globalContext().setAllowTF32CuDNN(false);  // float32 means float32
    at::globalContext().setAllowTF32CuBLAS(false);
    if (options.deterministic) {
      if (device_.is_cuda()) setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
      at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
      at::globalContext().setDeterministicCuDNN(true);
    }
  }

  std::string description() const override {
    return fmt::format("LibTorch {}, {}, {} thread{}", TORCH_VERSION, device_.str(), threads_,
                       threads_ == 1 ? "" : "s");
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
    return guarded([&] {
      check_inputs(graph, data.spec());
      const Module module(graph, evaluated_values(graph), device_);
      const int64_t fixed = fixed_batch(graph);
      return engine::evaluate(module, borrow(data), fixed > 0 ? fixed : options.batch, options, inference(), progress);
    });
  }

  void fit(Job& job, Progress& progress) override {
    use_threads();
    guarded([&] { Trainer(job, device_).run(progress); });
  }

  Evidence measure(const Graph& graph, const Dataset& data, Needs needs, int64_t batches, Progress& progress) override {
    use_threads();
    return guarded([&] {
      check_inputs(graph, data.spec());
      return engine::measure(graph, borrow(data), needs, batches, device_, progress);
    });
  }

 private:
  // OpenMP's thread count belongs to the calling thread.
  void use_threads() const { at::set_num_threads(threads_); }
  Mode inference() const {
    Mode mode;
    mode.device = device_;
    return mode;
  }

  at::Device device_;
  int threads_;
};

}  // namespace
}  // namespace pare::engine

extern "C" pare::Engine* pare_make_engine(const pare::EngineOptions& options) {
  return new pare::engine::TorchEngine(options);
}
