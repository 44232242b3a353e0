#include "core/model_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/mapped_file.h"
#include "core/onnx/onnx.h"
#include "core/pack/pack.h"
#include "format/container/read.h"

namespace pare {
namespace {

// The first bytes of a file: enough to tell what it is.
std::string beginning_of(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    if (!std::filesystem::exists(path, ignored) || std::filesystem::is_directory(path, ignored))
      read_file(path);  // says what is wrong
    fail(Code::invalid, "{}: not a regular file", path);
  }
  std::ifstream file(path, std::ios::binary);
  std::string bytes(512, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  if (bytes.empty()) read_file(path);  // no right to read it?
  return bytes;
}

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u >= 0x20 || c == '\n' || c == '\r' || c == '\t';
  });
}

// What a file is that is no model of ours; "" when it may be ONNX, which has no magic number.
std::string_view foreign_kind(std::string_view bytes) {
  if (bytes.empty()) return "is empty";
  constexpr std::pair<std::string_view, std::string_view> kinds[] = {
      {"PK\x03\x04", "is a zip archive (a PyTorch checkpoint?); export the network to ONNX first"},
      {"\x89HDF\r\n", "is an HDF5 file (a Keras model?); export the network to ONNX first"},
      {"\x1f\x8b", "is compressed with gzip; decompress it first"},
      {"\x80\x02", "is a Python pickle (a PyTorch checkpoint?); export the network to ONNX first"},
      {"\x89PNG", "is a PNG image"},
      {"\xff\xd8\xff", "is a JPEG image"},
      {"\x7f"
       "ELF",
       "is an executable"}};
  for (const auto& [magic, kind] : kinds) {
    if (bytes.starts_with(magic)) return kind;
  }
  if (bytes.size() > 8 && bytes.substr(4, 4) == "TFL3") return "is a TensorFlow Lite model";
  return is_text(bytes) ? "is a text file" : "";
}

}  // namespace

bool is_pare_file(const std::string& path) {
  const std::string beginning = beginning_of(path);
  return looks_like_pare(std::as_bytes(std::span(beginning)));
}

namespace {

Graph load(const std::string& path, bool lifted, Progress& progress) {
  const std::string beginning = beginning_of(path);
  if (looks_like_pare(std::as_bytes(std::span(beginning)))) {
    Graph graph = unpack(MappedFile::open(path)->bytes(), path, kMostUnpackedBytes, progress);
    if (lifted) lift(graph);
    return graph;
  }
  if (path.ends_with(".pare")) fail(Code::corrupt, "{}: not a .pare file, or its first bytes are damaged", path);
  if (const auto kind = foreign_kind(beginning); !kind.empty()) {
    fail(Code::invalid, "{}: neither an ONNX nor a .pare model: it {}", path, kind);
  }
  ImportOptions options;
  options.lift = lifted;
  return import_onnx(path, options);
}

}  // namespace

Graph load_model(const std::string& path) { return load(path, true, Progress::quiet()); }
Graph load_model_as_is(const std::string& path, Progress& progress) { return load(path, false, progress); }

}  // namespace pare
