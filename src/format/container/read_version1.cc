// The outer layout of version 1: a table of contents, one section per payload, and a structure coded with Huffman.
#include "format/bytes.h"
#include "format/checksum.h"
#include "format/container/layout_fields.h"
#include "format/container/read.h"

namespace pare {

namespace {

enum SectionKind : uint64_t { graph_section = 1, tensors_section = 2, payload_section = 3 };
constexpr uint64_t kCompressed = 2;  // flag in a tag, beside kMaySkip
constexpr unsigned kKindShift = 2;
constexpr uint64_t kInflationOfVersion1 = 16;

// The bytes of a compressed section: varint size, then a huffman payload.
Status inflate(std::span<const std::byte> in, uint64_t& budget, std::vector<std::byte>& out) {
  ByteReader header(in);
  const uint64_t size = header.varint();
  PARE_TRY(header.status());
  if (size > in.size() * kInflationOfVersion1) return {Code::corrupt, "compressed section grows too much"};
  if (size > budget) return {Code::limit, "file needs more memory than allowed"};
  budget -= size;
  out.resize(size);
  TensorInfo info;
  info.dtype = DType::u8;
  info.shape = {static_cast<int64_t>(size)};
  return find_decoder(2)->bytes(info, header.bytes(header.remaining()), out);
}

}  // namespace

Status PareFile::read_version1(uint64_t& budget) {
  version_ = 1;
  ByteReader in(bytes_);
  (void)in.bytes(kMagic.size() + 1);
  const auto major = in.number<uint8_t>();
  (void)in.number<uint8_t>();  // a minor version only adds sections that may be skipped
  PARE_TRY(in.status());
  if (major != version_) return {Code::unsupported, "version of the .pare file is not supported", kMagic.size() + 1};
  const uint64_t contents_length = in.varint();
  const uint64_t contents_at = in.position();
  ByteReader contents(in.bytes(contents_length));
  const uint64_t contents_end = in.position();
  const auto checksum = in.number<uint32_t>();
  PARE_TRY(in.status());
  if (crc32c(bytes_.first(contents_end)) != checksum)
    return {Code::corrupt, "checksum of the table of contents does not hold", contents_end};

  uint64_t offset = in.position();
  struct {
    Section section;
    bool compressed = false, seen = false;
  } graph, tensors;
  while (contents.remaining() > 0) {
    const uint64_t tag = contents.varint();
    Section s;
    s.length = contents.varint();
    s.checksum_at = contents_at + contents.position();
    (void)contents.number<uint32_t>();
    s.offset = offset;
    PARE_TRY(contents.status());
    if (s.length > bytes_.size() - offset) return {Code::truncated, "section ends after the file", offset};
    offset += s.length;
    const bool compressed = (tag & kCompressed) != 0;
    switch (tag >> kKindShift) {
      case graph_section:
      case tensors_section: {
        auto& found = tag >> kKindShift == graph_section ? graph : tensors;
        if (found.seen) return {Code::corrupt, "section occurs twice", s.offset};
        found = {s, compressed, true};
        break;
      }
      case payload_section:
        if (compressed) return {Code::corrupt, "a payload is coded by its codec alone", s.offset};
        parts_.push_back({s.offset, s.length, static_cast<uint32_t>(sections_.size())});
        sections_.push_back(s);
        break;
      default:
        if ((tag & kMaySkip) == 0) return {Code::unsupported, "file needs a newer version of pare", s.offset};
    }
  }
  if (!graph.seen || !tensors.seen) return {Code::corrupt, "section missing", offset};
  if (offset != bytes_.size()) return {Code::corrupt, "bytes after the last section", offset};

  for (const auto* s : {&graph, &tensors}) {
    PARE_TRY(check(s->section));
    structure_bytes_ += s->section.length;
    auto part = bytes_.subspan(s->section.offset, s->section.length);
    std::vector<std::byte> inflated;
    if (s->compressed) {
      PARE_TRY(inflate(part, budget, inflated));
      part = inflated;
    }
    FieldReader f(part, budget, version_);
    TensorList list(structure_.tensors);
    if (s == &graph)
      graph_fields(f, structure_.graph, list);
    else
      f.list(structure_.tensors, [&](StoredTensor& t) { tensor_fields(f, t, list.sizes); });
    PARE_TRY(f.finish());
  }
  size_t next = 0;
  for (StoredTensor& t : structure_.tensors) {
    if (t.grid) PARE_TRY(pare::check(*t.grid, t.shape));
    first_part_.push_back(next);
    const size_t count = t.mask_codec ? 2 : 1;
    if (count > parts_.size() - next) return {Code::corrupt, "payload sections do not match the tensors"};
    for (size_t p = 0; p < count; ++p) t.parts.push_back(parts_[next++].length);
  }
  return next == parts_.size() ? Status() : Status(Code::corrupt, "payload sections do not match the tensors");
}

}  // namespace pare
