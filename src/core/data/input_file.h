// A data file on disk, plain or gzip-compressed: told by content. Every error names the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pare {

class InputFile {
 public:
  explicit InputFile(std::string path);
  ~InputFile();
  const std::string& path() const { return path_; }
  // Bytes the file can hold at most once unpacked, from its size on disk: a bound for sizes that a header claims.
  uint64_t most_bytes() const;
  // Exactly out.size() bytes, or Error(truncated).
  void read(std::span<uint8_t> out);
  // Exactly `count` bytes. Memory grows with what arrives, so a header that lies costs nothing.
  std::vector<uint8_t> read(uint64_t count);
  // Everything up to the end; Error(limit) beyond `limit`.
  std::vector<uint8_t> read_all(uint64_t limit);
  // Error(corrupt) when bytes follow, or when the checksum of a compressed file does not hold.
  void expect_end();

 private:
  size_t read_some(std::span<uint8_t> out);
  struct Impl;
  std::string path_;
  std::unique_ptr<Impl> impl_;
};

// `folder` itself must be there; the first of `names` (each also with ".gz") that exists in it.
// Error(missing) names the folder, or the first name.
std::string find_in_folder(const std::string& folder, std::initializer_list<std::string_view> names);

}  // namespace pare
