// The processes that train and evaluate together, over LibTorch's c10d: Gloo on the CPU, NCCL on GPUs. Each makes the
// same calls in the same order. When one ends or stops answering, the calls of all others end with Error(io), at once
// or after the timeout.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/world.h"
#include "train/torch/aten.h"

namespace pare::engine {

class ProcessGroup {
 public:
  // Meets the others. Error(missing) when LibTorch cannot connect processes for this kind of device.
  ProcessGroup(const World& world, at::Device device, double timeout);
  ~ProcessGroup();  // unless something went wrong, when the others are about to leave too
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  const World& world() const { return world_; }
  int rank() const { return world_.rank; }
  int size() const { return world_.size; }
  std::string_view backend() const;  // "gloo", "nccl"

  // Sums a contiguous tensor on the group's device over all processes, in place; every process gets the same bits.
  void sum(const at::Tensor& tensor);
  void sum(std::span<double> numbers);
  // The same, begun: the tensor is the sum once the function that comes back was called.
  using Wait = std::function<void()>;
  [[nodiscard]] Wait start_sum(const at::Tensor& tensor);
  // What rank 0 gives.
  std::vector<std::byte> share(const std::vector<std::byte>& bytes);
  // Is the number the same everywhere? All get the same answer.
  bool agree(uint64_t number);

 private:
  struct Backend;
  void broadcast(at::Tensor& tensor);
  template <class Body>
  void connected(Body&& body);
  void take_leave();
  World world_;
  at::Device device_;
  double timeout_;
  bool lost_ = false;  // another process
  std::unique_ptr<Backend> backend_;
};

// The rows of a batch that this process computes.
struct BatchPart {
  ProcessGroup* group = nullptr;  // null: there is one process, and the part is the whole
  int64_t first = 0, rows = 0,
          whole = 0;  // rows [first, first + rows) of `whole`; none: it computes one that counts nothing
};

}  // namespace pare::engine
