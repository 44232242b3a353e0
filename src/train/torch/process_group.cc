#include "train/torch/process_group.h"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <thread>

// LibTorch's targets define USE_C10D_*; the headers of Gloo are a package of their own (docs/dependencies.md).
#if defined(USE_C10D_GLOO) && __has_include(<gloo/transport/device.h>)
#define PARE_GLOO 1
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#if defined(USE_C10D_NCCL) && __has_include(<nccl.h>)
#define PARE_NCCL 1
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#if defined(PARE_GLOO) || defined(PARE_NCCL)
#define PARE_C10D 1
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

#include "core/error.h"
#include "train/torch/local_address.h"
#include "train/torch/module.h"

namespace pare::engine {

#ifdef PARE_C10D

namespace {

#if TORCH_VERSION_MAJOR >= 2
using Base = c10d::Backend;
#else
using Base = c10d::ProcessGroup;
#endif
using StorePtr = c10::intrusive_ptr<c10d::Store>;
using Milliseconds = std::chrono::milliseconds;

StorePtr open_store(const World& world, Milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(world.port);
  options.isServer = world.is_main() && !world.has_server;
  if (!world.has_server) options.numWorkers = static_cast<size_t>(world.size);
  options.timeout = timeout;
  const auto store = c10::make_intrusive<c10d::TCPStore>(world.address, options);
  return c10::make_intrusive<c10d::PrefixStore>("pare/" + world.attempt, store);
}

#ifdef PARE_GLOO
// Binds to the address by which the main process is reached: a machine's own name often means its loopback.
c10::intrusive_ptr<Base> open_gloo(const World& world, const StorePtr& store, Milliseconds timeout) {
  using Gloo = c10d::ProcessGroupGloo;
  const auto options = Gloo::Options::create(timeout);
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  options->devices.push_back(
      interface && *interface ? Gloo::createDeviceForInterface(interface)
                              : Gloo::createDeviceForHostname(local_address_towards(world.address, world.port)));
  return c10::make_intrusive<Gloo>(store, world.rank, world.size, options);
}
#endif

#ifdef PARE_NCCL
c10::intrusive_ptr<Base> open_nccl(const World& world, const StorePtr& store, Milliseconds timeout) {
  // A wait that runs out of time must throw here, not end the process from a thread of its own.
  setenv("NCCL_BLOCKING_WAIT", "1", 0), setenv("TORCH_NCCL_BLOCKING_WAIT", "1", 0);
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, world.rank, world.size, options);
}
#endif

c10::intrusive_ptr<Base> open(const World& world, const StorePtr& store, at::Device device, Milliseconds timeout) {
#ifdef PARE_NCCL
  if (device.is_cuda()) return open_nccl(world, store, timeout);
#endif
  if (device.is_cuda()) fail(Code::missing, "several processes on GPUs need a LibTorch with NCCL (--device cpu works)");
#ifdef PARE_GLOO
  return open_gloo(world, store, timeout);
#else
  fail(Code::missing, "several processes on the CPU need a LibTorch with Gloo");
#endif
}

}  // namespace

struct ProcessGroup::Backend {
  StorePtr store;
  c10::intrusive_ptr<Base> group;
};

ProcessGroup::ProcessGroup(const World& world, at::Device device, double timeout)
    : world_(world), device_(device), timeout_(timeout) {
  const Milliseconds limit(static_cast<int64_t>(std::ceil(timeout * 1000)));
  try {
    const StorePtr store = open_store(world, limit);
    backend_ = std::make_unique<Backend>(Backend{store, open(world, store, device, limit)});
    at::Tensor present = at::ones({1}, at::TensorOptions(at::kFloat).device(device));
    sum(present);  // connections are made, and all are here
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail(Code::io, "rank {} cannot meet the other {} processes at {}:{} within {} s: {}", world.rank, world.size - 1,
         world.address, world.port, timeout, first_line(error));
  }
}

ProcessGroup::~ProcessGroup() {
  if (!lost_ && std::uncaught_exceptions() == 0) take_leave();
}

// Connections that close while another process still reads from them may cost it the last bytes.
void ProcessGroup::take_leave() {
  constexpr std::chrono::seconds kPatience(5);
  constexpr std::chrono::milliseconds kPause(2);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  try {
    int64_t left = backend_->store->add("left", 1);
    for (; left < size() && std::chrono::steady_clock::now() < deadline; left = backend_->store->add("left", 0))
      std::this_thread::sleep_for(kPause);
  } catch (const std::exception&) {  // the main process, which keeps the store, left: so did all
  }
}

std::string_view ProcessGroup::backend() const { return device_.is_cuda() ? "nccl" : "gloo"; }

// Whatever ends a call of c10d, what it means is that somebody is gone.
template <class Body>
void ProcessGroup::connected(Body&& body) {
  try {
    body();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    lost_ = true;
    fail(Code::io, "rank {} lost another of the {} processes: it ended, or did not answer within {} s ({})", rank(),
         size(), timeout_, first_line(error));
  }
}

ProcessGroup::Wait ProcessGroup::start_sum(const at::Tensor& tensor) {
  std::function<void()> wait;
  connected([&] {
    std::vector<at::Tensor> tensors{tensor};
    const auto work = backend_->group->allreduce(tensors);
    wait = [this, work] { connected([&] { work->wait(); }); };
  });
  return wait;
}

void ProcessGroup::broadcast(at::Tensor& tensor) {
  connected([&] {
    std::vector<at::Tensor> tensors{tensor};
    backend_->group->broadcast(tensors)->wait();
  });
}

#else  // no c10d: nobody to meet

struct ProcessGroup::Backend {};

ProcessGroup::ProcessGroup(const World& world, at::Device device, double timeout)
    : world_(world), device_(device), timeout_(timeout) {
  fail(Code::missing,
       "several processes need a LibTorch with Gloo, and Gloo's headers (Debian package libgloo-dev) "
       "when pare is built");
}
ProcessGroup::~ProcessGroup() = default;
std::string_view ProcessGroup::backend() const { return "none"; }
ProcessGroup::Wait ProcessGroup::start_sum(const at::Tensor&) {
  return [] {};
}
void ProcessGroup::broadcast(at::Tensor&) {}

#endif

void ProcessGroup::sum(const at::Tensor& tensor) { start_sum(tensor)(); }

void ProcessGroup::sum(std::span<double> numbers) {
  const auto count = static_cast<int64_t>(numbers.size());
  const at::Tensor there = at::from_blob(numbers.data(), {count}, at::kDouble).to(device_, at::kDouble, false, true);
  sum(there);
  const at::Tensor here = there.cpu();
  std::memcpy(numbers.data(), here.data_ptr<double>(), numbers.size_bytes());
}

std::vector<std::byte> ProcessGroup::share(const std::vector<std::byte>& bytes) {
  at::Tensor size = at::full({1}, static_cast<int64_t>(bytes.size()), at::kLong).to(device_);
  broadcast(size);
  const int64_t count = size.item<int64_t>();
  if (count == 0) return {};
  at::Tensor content = at::empty({count}, at::kByte);
  if (world_.is_main()) std::memcpy(content.data_ptr(), bytes.data(), bytes.size());
  content = content.to(device_);
  broadcast(content);
  content = content.cpu();
  const auto* begin = static_cast<const std::byte*>(content.data_ptr());
  return {begin, begin + count};
}

bool ProcessGroup::agree(uint64_t number) {
  at::Tensor first = at::full({1}, static_cast<int64_t>(number), at::kLong).to(device_);
  broadcast(first);
  double others = static_cast<uint64_t>(first.item<int64_t>()) == number ? 0 : 1;
  sum({&others, 1});
  return others == 0;
}

}  // namespace pare::engine
