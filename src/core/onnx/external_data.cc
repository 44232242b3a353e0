#include "core/onnx/external_data.h"

#include <filesystem>

#include "core/error.h"

namespace pare {
namespace {

namespace fs = std::filesystem;

// The file that `location` means, after links are followed.
fs::path inside(const std::string& folder, const std::string& location) {
  const fs::path relative(location);
  ensure(!location.empty() && location.find('\0') == std::string::npos, "external data has no usable location");
  ensure(!relative.is_absolute(), "external data '{}' has an absolute path; it must lie beside the model", location);
  for (const fs::path& part : relative) {
    ensure(part != "..", "external data '{}' leads out of the model's folder", location);
  }
  std::error_code error;
  const fs::path base = fs::canonical(folder.empty() ? fs::path(".") : fs::path(folder), error);
  if (error) fail(Code::io, "{}: {}", folder, error.message());
  const fs::path file = fs::canonical(base / relative, error);
  if (error)
    fail(error == std::errc::no_such_file_or_directory ? Code::invalid : Code::io, "external data '{}': {}", location,
         error.message());
  const fs::path seen_from_base = file.lexically_relative(base);
  ensure(!seen_from_base.empty() && *seen_from_base.begin() != "..",
         "external data '{}' leads out of the model's folder", location);
  ensure(fs::is_regular_file(file, error), "external data '{}' is not a file", location);
  return file;
}

}  // namespace

std::pair<std::span<const std::byte>, std::shared_ptr<const void>> ExternalFiles::find(const ExternalLocation& where,
                                                                                       uint64_t size) {
  if (folder_.empty()) fail(Code::unsupported, "external data '{}' needs a model that is a file", where.location);
  ensure(!where.length || *where.length == size, "external data '{}': the tensor has {} bytes, the model says {}",
         where.location, size, *where.length);
  std::shared_ptr<const MappedFile>& file = open_[where.location];
  if (!file) file = MappedFile::open(inside(folder_, where.location).string());
  const std::span<const std::byte> bytes = file->bytes();
  if (where.offset > bytes.size() || size > bytes.size() - where.offset) {
    fail(Code::truncated, "external data '{}' has {} bytes; bytes {} to {} are needed", where.location, bytes.size(),
         where.offset, where.offset + size);
  }
  return {bytes.subspan(where.offset, size), file};
}

static constexpr uint64_t kAlignment = 64;

uint64_t ExternalSink::add(const Tensor& tensor) {
  const uint64_t start = (size_ + kAlignment - 1) / kAlignment * kAlignment;
  tensors_.push_back(tensor);
  size_ = start + tensor.byte_size();
  return start;
}

void ExternalSink::write(const std::function<void(std::span<const std::byte>)>& write,
                         const std::function<Tensor(const Tensor&)>& whole) const {
  static constexpr std::byte zeros[kAlignment] = {};
  uint64_t size = 0;
  for (const Tensor& tensor : tensors_) {
    const uint64_t gap = (kAlignment - size % kAlignment) % kAlignment;
    if (gap != 0) write(std::span(zeros).first(gap));
    write(whole ? whole(tensor).bytes() : tensor.bytes());
    size += gap + tensor.byte_size();
  }
}

}  // namespace pare
