// A model on disk, whatever its kind: `.onnx` or `.pare`, told by content, not by name.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/graph.h"

namespace pare {

// Reads and lifts. Error(invalid/corrupt) says what the file is when it is neither.
Graph load_model(const std::string& path);
Graph load_model_as_is(const std::string& path);  // not lifted: for pack, unpack, inspect, convert

std::vector<std::byte> read_file(const std::string& path, uint64_t limit = uint64_t{8} << 30);
// Writes beside `path`, flushes, renames over it; on failure removes the temporary file. Error(io) names path and
// reason.
void write_file(const std::string& path, std::span<const std::byte> bytes);
void write_file(const std::string& path, std::string_view text);

}  // namespace pare
