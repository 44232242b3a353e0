// A model on disk, whatever its kind: `.onnx` or `.pare`, told by content, not by name.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/graph.h"
#include "core/progress.h"

namespace pare {

// Reads and lifts. Error(invalid/corrupt) says what the file is when it is neither.
Graph load_model(const std::string& path);
bool is_pare_file(const std::string& path);  // by its first bytes
// Not lifted: for pack, unpack, inspect, convert.
Graph load_model_as_is(const std::string& path, Progress& progress = Progress::quiet());

// Error "cannot VERB PATH: reason". A path that cannot be used as it was typed is the caller's mistake (invalid),
// anything else the machine's (io).
[[noreturn]] void fail_io(std::string_view verb, const std::string& path, int error);
void check_writable(const std::string& path);   // the error that write_file would end with, before the work is done
int64_t size_on_disk(const std::string& path);  // bytes; 0 for what is no regular file (a pipe)
std::vector<std::byte> read_file(const std::string& path, uint64_t limit = uint64_t{8} << 30);
// Writes beside `path`, flushes, renames over it; on failure removes the temporary file. Error(io) names path and
// reason.
void write_file(const std::string& path, std::span<const std::span<const std::byte>> parts);
void write_file(const std::string& path, std::span<const std::byte> bytes);
// The same for what is made while it is written: `produce` calls its argument with one piece after another.
using WriteBytes = std::function<void(std::span<const std::byte>)>;
void write_file_in_pieces(const std::string& path, const std::function<void(const WriteBytes&)>& produce);
void write_file(const std::string& path, std::string_view text);

}  // namespace pare
