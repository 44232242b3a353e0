// Any bytes given to the .pare reader end in a graph that verifies, or in an Error. Each input is tried as it is, with
// its checksums put right, which lets damage reach the code behind them, and as the fields of a structure.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/error.h"
#include "core/pack/pack.h"
#include "format/bytes.h"
#include "format/checksum.h"
#include "format/container/layout.h"

namespace {

using Bytes = std::vector<std::byte>;

void read(std::span<const std::byte> bytes) {
  try {
    pare::Graph skeleton;
    (void)pare::inspect_pare(bytes, "fuzz.pare", &skeleton);
  } catch (const pare::Error&) {
  }
  try {
    const pare::Graph graph = pare::unpack(bytes, "fuzz.pare", uint64_t{64} << 20);
    const Bytes again = pare::pack(graph, {.codec = "raw", .keep_masks = true});
    (void)pare::unpack(again, "again.pare");
  } catch (const pare::Error&) {
  }
}

// A file of version 2 with these bytes as its structure, and one section with the rest.
Bytes assemble(std::span<const std::byte> structure, uint64_t size, std::span<const std::byte> rest) {
  Bytes file;
  pare::ByteWriter out(file);
  out.bytes(std::as_bytes(std::span(pare::kMagic)));
  out.number(pare::kVersion);
  out.varint(structure.size());
  out.varint(size);
  out.bytes(structure);
  out.number(pare::crc32c(file));
  out.bytes(rest);
  if (!rest.empty()) out.number(pare::crc32c(rest));
  return file;
}

// Two bytes say how many the structure takes.
Bytes as_fields(std::span<const std::byte> bytes) {
  pare::ByteReader in(bytes);
  const size_t length = std::min<size_t>(in.number<uint16_t>(), in.remaining());
  const auto structure = in.bytes(length);
  return assemble(structure, length << 1, in.bytes(in.remaining()));
}

Bytes with_right_checksums(std::span<const std::byte> file) {
  pare::ByteReader in(file);
  (void)in.bytes(pare::kMagic.size() + 1);
  const uint64_t length = in.varint(), size = in.varint();
  const auto structure = in.bytes(std::min(length, in.remaining()));
  (void)in.number<uint32_t>();
  if (!in.ok()) return {};
  auto rest = in.bytes(in.remaining());
  if (rest.size() >= pare::kChecksumBytes) rest = rest.first(rest.size() - pare::kChecksumBytes);
  return assemble(structure, size, rest);
}

// A file of version 1: the same sections with a new table of contents; the last one takes what is left.
Bytes with_right_checksums_of_version1(std::span<const std::byte> file) {
  constexpr size_t kHeader = 8;
  if (file.size() < kHeader) return {};
  pare::ByteReader in(file);
  const auto header = in.bytes(kHeader);
  pare::ByteReader contents(in.bytes(in.varint()));
  (void)in.number<uint32_t>();
  if (!in.ok()) return {};
  Bytes toc, body;
  pare::ByteWriter entry(toc), out_body(body);
  while (contents.remaining() > 0) {
    const uint64_t tag = contents.varint(), length = contents.varint();
    (void)contents.number<uint32_t>();
    const bool last = contents.remaining() == 0;
    const auto part = in.bytes(last ? in.remaining() : std::min(length, in.remaining()));
    entry.varint(tag);
    entry.varint(part.size());
    entry.number(pare::crc32c(part));
    out_body.bytes(part);
  }
  Bytes fixed;
  pare::ByteWriter out(fixed);
  out.bytes(header);
  out.varint(toc.size());
  out.bytes(toc);
  out.number(pare::crc32c(fixed));
  out.bytes(body);
  return fixed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  read(bytes);
  read(with_right_checksums(bytes));
  read(with_right_checksums_of_version1(bytes));
  read(as_fields(bytes));
  return 0;
}
