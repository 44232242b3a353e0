#include "core/data/input_file.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/error.h"

namespace pare {

namespace fs = std::filesystem;

struct InputFile::Impl {
  gzFile file = nullptr;
  uint64_t bytes_on_disk = 0;
};

InputFile::InputFile(std::string path) : path_(std::move(path)), impl_(std::make_unique<Impl>()) {
  std::error_code error;
  if (fs::is_directory(path_, error)) fail(Code::invalid, "{}: is a folder, not a file", path_);
  impl_->bytes_on_disk = fs::file_size(path_, error);
  if (error) fail(Code::invalid, "{}: {}", path_, error.message());
  impl_->file = gzopen(path_.c_str(), "rb");  // reads plain files as they are
  if (impl_->file == nullptr) fail(Code::io, "{}: {}", path_, std::strerror(errno != 0 ? errno : ENOMEM));
  gzbuffer(impl_->file, 1 << 17);
}

InputFile::~InputFile() {
  if (impl_->file != nullptr) gzclose_r(impl_->file);
}

uint64_t InputFile::most_bytes() const {
  constexpr uint64_t kMostDeflateExpansion = 1032;  // deflate cannot do better than 258 bytes in 2 bits
  return gzdirect(impl_->file) != 0 ? impl_->bytes_on_disk : impl_->bytes_on_disk * kMostDeflateExpansion;
}

size_t InputFile::read_some(std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    const auto want = static_cast<unsigned>(std::min<size_t>(out.size() - done, size_t{1} << 30));
    const int got = gzread(impl_->file, out.data() + done, want);
    int code = Z_OK;
    const char* message = gzerror(impl_->file, &code);
    if (code == Z_ERRNO) fail(Code::io, "{}: {}", path_, std::strerror(errno));
    if (code == Z_BUF_ERROR) fail(Code::truncated, "{}: the compressed file is cut short", path_);
    if (got < 0) fail(Code::corrupt, "{}: {}", path_, message);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

void InputFile::read(std::span<uint8_t> out) {
  const size_t got = read_some(out);
  if (got < out.size()) fail(Code::truncated, "{}: the file ends {} bytes early", path_, out.size() - got);
}

std::vector<uint8_t> InputFile::read(uint64_t count) {
  std::vector<uint8_t> bytes;
  uint64_t done = 0;
  while (done < count) {
    const uint64_t step = std::min(count - done, std::max<uint64_t>(done, uint64_t{16} << 20));
    bytes.resize(static_cast<size_t>(done + step));
    const size_t got = read_some(std::span(bytes).subspan(static_cast<size_t>(done)));
    if (got < step) fail(Code::truncated, "{}: the file ends {} bytes early", path_, count - done - got);
    done += step;
  }
  return bytes;
}

std::vector<uint8_t> InputFile::read_all(uint64_t limit) {
  std::vector<uint8_t> bytes(static_cast<size_t>(std::min(most_bytes(), uint64_t{1} << 20)));
  size_t done = 0;
  while (true) {
    done += read_some(std::span(bytes).subspan(done));
    if (done < bytes.size()) break;
    if (done >= limit) fail(Code::limit, "{}: holds more than {} bytes", path_, limit);
    bytes.resize(static_cast<size_t>(std::min<uint64_t>(limit, std::max<uint64_t>(4096, 2 * uint64_t{done}))));
  }
  bytes.resize(done);
  return bytes;
}

void InputFile::expect_end() {
  uint8_t extra = 0;
  if (read_some({&extra, 1}) != 0) fail(Code::corrupt, "{}: bytes follow after the data", path_);
}

std::string find_in_folder(const std::string& folder, std::initializer_list<std::string_view> names) {
  std::error_code error;
  if (!fs::exists(folder, error)) fail(Code::invalid, "{}: no such folder", folder);
  if (!fs::is_directory(folder, error)) fail(Code::invalid, "{}: is a file, not a folder", folder);
  for (std::string_view name : names) {
    for (std::string_view ending : {"", ".gz"}) {
      const fs::path path = fs::path(folder) / (std::string(name) + std::string(ending));
      if (fs::exists(path, error)) return path.string();
    }
  }
  fail(Code::invalid, "{}: not found, nor with .gz", (fs::path(folder) / *names.begin()).string());
}

}  // namespace pare
