// Tensor data that lies in files beside the model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/mapped_file.h"
#include "format/tensor.h"

namespace pare {

struct ExternalLocation {
  std::string location;  // relative path, as the model says
  uint64_t offset = 0;
  std::optional<uint64_t> length;  // nothing: what the tensor needs
};

// The data files of one model. Only files inside `folder` are opened: no absolute path, no "..", no link that leads
// out.
class ExternalFiles {
 public:
  explicit ExternalFiles(std::string folder) : folder_(std::move(folder)) {}  // "": there are none
  // `size` bytes at the place, with what keeps them alive.
  std::pair<std::span<const std::byte>, std::shared_ptr<const void>> find(const ExternalLocation& where, uint64_t size);

 private:
  std::string folder_;
  std::map<std::string, std::shared_ptr<const MappedFile>> open_;
};

// Collects tensors for the file beside a model, each at a multiple of 64 so that a reader may use it in place.
class ExternalSink {
 public:
  explicit ExternalSink(std::string location) : location_(std::move(location)) {}
  uint64_t add(const Tensor& tensor);  // where its bytes start
  const std::string& location() const { return location_; }
  bool empty() const { return tensors_.empty(); }
  // Calls write(bytes) for what the file consists of, in order; tensors are what whole(tensor) gives at that time.
  void write(const std::function<void(std::span<const std::byte>)>& write,
             const std::function<Tensor(const Tensor&)>& whole) const;

 private:
  std::string location_;
  std::vector<Tensor> tensors_;  // shared, not copied
  uint64_t size_ = 0;
};

}  // namespace pare
