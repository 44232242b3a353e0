#include "core/onnx/external_data.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

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

void read_external(const std::string& folder, const ExternalLocation& where, std::span<std::byte> out) {
  const fs::path path = inside(folder, where.location);
  ensure(!where.length || *where.length == out.size(), "external data '{}': the tensor has {} bytes, the model says {}",
         where.location, out.size(), *where.length);
  std::error_code error;
  const uint64_t size = fs::file_size(path, error);
  if (error) fail(Code::io, "external data '{}': {}", where.location, error.message());
  if (where.offset > size || out.size() > size - where.offset) {
    fail(Code::truncated, "external data '{}' has {} bytes; bytes {} to {} are needed", where.location, size,
         where.offset, where.offset + out.size());
  }
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(where.offset));
  file.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
  if (!file) fail(Code::io, "external data '{}': {}", where.location, std::strerror(errno));
}

uint64_t ExternalSink::add(std::span<const std::byte> bytes) {
  constexpr size_t kAlignment = 64;  // so that a reader may map the file and use the tensor in place
  bytes_.resize((bytes_.size() + kAlignment - 1) / kAlignment * kAlignment, '\0');
  const uint64_t start = bytes_.size();
  bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return start;
}

}  // namespace pare
