// Tensor data that lies in files beside the model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace pare {

struct ExternalLocation {
  std::string location;  // relative path, as the model says
  uint64_t offset = 0;
  std::optional<uint64_t> length;  // nothing: what the tensor needs
};

// Fills `out` from the place. Only files inside `folder` are read: no absolute path, no "..", no link that leads out.
void read_external(const std::string& folder, const ExternalLocation& where, std::span<std::byte> out);

// Collects tensor bytes for the file beside a model, each at a multiple of 64.
class ExternalSink {
 public:
  explicit ExternalSink(std::string location) : location_(std::move(location)) {}
  uint64_t add(std::span<const std::byte> bytes);  // where they start
  const std::string& location() const { return location_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string location_;
  std::string bytes_;
};

}  // namespace pare
