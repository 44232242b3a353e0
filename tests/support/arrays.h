// NumPy files for tests.
#pragma once

#include <zlib.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace pare::test {

template <class T>
std::string raw_bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}
// `shape` as Python writes it: "(2, 3)".
inline std::string npy(const std::string& descr, const std::string& shape, const std::string& data,
                       bool fortran_order = false) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': " + (fortran_order ? "True" : "False") +
                       ", 'shape': " + shape + ", }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  return std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(header.size() & 255) +
         static_cast<char>(header.size() >> 8) + header + data;
}

// A ZIP archive, stored or deflated.
class Zip {
 public:
  void add(const std::string& name, const std::string& plain, bool packed) {
    std::string stored = plain;
    if (packed) {
      stored.resize(compressBound(plain.size()) + 64);
      z_stream z{};
      deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
      z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
      z.avail_in = static_cast<uInt>(plain.size());
      z.next_out = reinterpret_cast<Bytef*>(stored.data());
      z.avail_out = static_cast<uInt>(stored.size());
      deflate(&z, Z_FINISH);
      stored.resize(z.total_out);
      deflateEnd(&z);
    }
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(plain.data()), static_cast<uInt>(plain.size()));
    const std::string common = number(packed ? 8 : 0, 2) + number(0, 4) + number(sum, 4) + number(stored.size(), 4) +
                               number(plain.size(), 4) + number(name.size(), 2) + number(0, 2);
    directory_ += number(0x02014b50, 4) + number(20, 2) + number(20, 2) + number(0, 2) + common + number(0, 2) +
                  number(0, 2) + number(0, 2) + number(0, 4) + number(body_.size(), 4) + name;
    body_ += number(0x04034b50, 4) + number(20, 2) + number(0, 2) + common + name + stored;
    ++count_;
  }
  std::string bytes() const {
    return body_ + directory_ + number(0x06054b50, 4) + number(0, 4) + number(count_, 2) + number(count_, 2) +
           number(directory_.size(), 4) + number(body_.size(), 4) + number(0, 2);
  }

 private:
  static std::string number(uint64_t value, int width) {
    std::string text;
    for (int i = 0; i < width; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  }
  std::string body_, directory_;
  uint64_t count_ = 0;
};

}  // namespace pare::test
