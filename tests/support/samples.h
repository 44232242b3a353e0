// Reading single samples and writing small data files, for tests of data.
#pragma once

#include <zlib.h>

#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "core/data/dataset.h"

namespace pare::test {

template <class T>
struct LabelledSample {
  std::vector<T> image;
  int64_t label = -1;
  friend bool operator==(const LabelledSample&, const LabelledSample&) = default;
};

// T: float of preprocessed data, uint8_t of raw images.
template <class T>
LabelledSample<T> read_sample(const Dataset& data, size_t index, uint64_t draw = 0) {
  LabelledSample<T> sample;
  sample.image.resize(data.spec().inputs[0].byte_size() / sizeof(T));
  const std::span<std::byte> image = std::as_writable_bytes(std::span(sample.image));
  data.read(index, draw, {{&image, 1}, std::as_writable_bytes(std::span(&sample.label, 1))});
  return sample;
}

inline std::string gzipped(const std::string& bytes) {
  std::string out(compressBound(bytes.size()) + 64, '\0');
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

inline std::string idx(std::vector<uint32_t> shape, const std::string& bytes, char type = 8) {
  std::string out{'\0', '\0', type, static_cast<char>(shape.size())};
  for (uint32_t d : shape)
    for (int at = 24; at >= 0; at -= 8) out.push_back(static_cast<char>(d >> at));
  return out + bytes;
}

}  // namespace pare::test
