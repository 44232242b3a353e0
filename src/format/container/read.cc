#include "format/container/read.h"

#include <algorithm>
#include <cstring>

#include "format/bytes.h"
#include "format/checksum.h"
#include "format/container/layout_fields.h"

namespace pare {

namespace {

// Takes `bytes` from the budget for as long as the caller keeps them.
Status spend(uint64_t& budget, uint64_t bytes) {
  if (bytes > budget) return {Code::limit, "file needs more memory than allowed"};
  budget -= bytes;
  return {};
}

Result<Tensor> make_tensor(DType type, const Shape& shape, uint64_t& budget) {
  PARE_ASSIGN(Tensor tensor, Tensor::create(type, shape, budget));
  PARE_TRY(spend(budget, tensor.byte_size()));
  return tensor;
}

Result<Tensor> decode_levels(CodecId codec, const TensorInfo& info, std::span<const std::byte> in, uint64_t& budget) {
  const Decoder* decoder = find_decoder(codec);
  if (!decoder || !decoder->levels) return Status{Code::unsupported, "unknown codec of levels"};
  PARE_ASSIGN(Tensor levels, make_tensor(DType::i32, info.shape, budget));
  PARE_TRY(decoder->levels(info, in, levels.edit<int32_t>()));
  return levels;
}

Result<Tensor> decode_bytes(CodecId codec, const TensorInfo& info, std::span<const std::byte> in, uint64_t& budget) {
  const Decoder* decoder = find_decoder(codec);
  if (!decoder || !decoder->bytes) return Status{Code::unsupported, "unknown codec of bytes"};
  PARE_ASSIGN(Tensor tensor, make_tensor(info.dtype, info.shape, budget));
  PARE_TRY(decoder->bytes(info, in, tensor.edit_bytes()));
  return tensor;
}

// The bytes of a compressed section: varint size, then a huffman payload.
Result<Tensor> inflate(std::span<const std::byte> in, uint64_t& budget) {
  ByteReader header(in);
  const uint64_t size = header.varint();
  PARE_TRY(header.status());
  if (size > in.size() * kMostInflation) return Status{Code::corrupt, "compressed section grows too much"};
  TensorInfo info;
  info.dtype = DType::u8;
  info.shape = {static_cast<int64_t>(size)};
  return decode_bytes(2, info, header.bytes(header.remaining()), budget);
}

bool all_below(const std::vector<int64_t>& ids, size_t count, int64_t least) {
  return std::all_of(ids.begin(), ids.end(),
                     [&](int64_t id) { return id >= least && (id < 0 || static_cast<uint64_t>(id) < count); });
}

// Indices must be in range, so that nobody after us has to look.
Status check_links(const StoredGraph& graph, const std::vector<StoredTensor>& tensors) {
  const size_t values = graph.values.size();
  auto tensor_ok = [&](int64_t t) { return t == kNoTensor || (t >= 0 && static_cast<uint64_t>(t) < tensors.size()); };
  for (size_t i = 0; i < values; ++i)
    if (!tensor_ok(graph.values[i].tensor)) return {Code::corrupt, "value refers to a missing tensor", i};
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const StoredNode& n = graph.nodes[i];
    if (!all_below(n.inputs, values, -1) || !all_below(n.outputs, values, -1) || !all_below(n.captured, values, 0))
      return {Code::corrupt, "node refers to a missing value", i};
    for (const StoredAttribute& a : n.attributes)
      if (!tensor_ok(a.tensor)) return {Code::corrupt, "attribute refers to a missing tensor", i};
  }
  if (!all_below(graph.inputs, values, 0) || !all_below(graph.outputs, values, 0))
    return {Code::corrupt, "graph refers to a missing value"};
  return {};
}

}  // namespace

bool looks_like_pare(std::span<const std::byte> bytes) {
  return bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

TensorInfo payload_info(const StoredTensor& tensor) {
  TensorInfo info;
  info.dtype = tensor.stored;
  info.shape = tensor.shape;
  if (tensor.grid) {
    info.payload = Payload::levels;
    info.dtype = DType::i32;
    if (tensor.grid->dim > 1 && !info.shape.empty()) info.shape.back() /= tensor.grid->dim;
    info.low = static_cast<int32_t>(tensor.grid->lowest());
    info.high = static_cast<int32_t>(tensor.grid->highest());
    info.zero = zero_level(*tensor.grid).value_or(info.low > INT32_MIN ? info.low - 1 : info.low);
  }
  return info;
}

TensorInfo mask_info(const StoredTensor& tensor) {
  return {.payload = Payload::levels, .dtype = DType::i32, .shape = tensor.shape, .low = 0, .high = 1, .zero = 0};
}

Result<PareFile> PareFile::open(std::span<const std::byte> bytes, uint64_t max_bytes) {
  PareFile file;
  file.bytes_ = bytes;
  file.max_bytes_ = max_bytes;
  PARE_TRY(file.read_contents());
  uint64_t budget = max_bytes;
  for (const Section& section : file.sections_) PARE_TRY(file.read_structs(section, budget));
  PARE_TRY(check_links(file.graph_, file.tensors_));
  size_t next = 0;
  for (const StoredTensor& t : file.tensors_) {
    if (!element_count(t.shape)) return Status{Code::limit, "tensor too large"};
    if (t.grid) PARE_TRY(check(*t.grid, t.shape));
    file.first_payload_.push_back(next);
    next += t.mask_codec ? 2 : 1;
  }
  if (next != file.payloads_.size()) return Status{Code::corrupt, "payload sections do not match the tensors"};
  return file;
}

Status PareFile::read_contents() {
  if (!looks_like_pare(bytes_)) return {Code::invalid, "not a .pare file"};
  ByteReader in(bytes_);
  (void)in.bytes(kMagic.size());
  const auto major = in.number<uint8_t>();
  (void)in.number<uint8_t>();  // a newer minor version only adds sections that may be skipped
  PARE_TRY(in.status());
  if (major != kMajorVersion) return {Code::unsupported, "version of the .pare file is not supported", kMagic.size()};
  const uint64_t contents_length = in.varint();
  ByteReader contents(in.bytes(contents_length));
  const uint64_t contents_end = in.position();
  const auto checksum = in.number<uint32_t>();
  PARE_TRY(in.status());
  if (crc32c(bytes_.first(contents_end)) != checksum)
    return {Code::corrupt, "checksum of the table of contents does not hold", contents_end};

  uint64_t offset = in.position();
  unsigned seen = 0;
  while (contents.remaining() > 0) {
    const uint64_t tag = contents.varint();
    Section s;
    s.length = contents.varint();
    s.checksum = contents.number<uint32_t>();
    s.offset = offset;
    s.compressed = (tag & kSectionCompressed) != 0;
    PARE_TRY(contents.status());
    if (s.length > bytes_.size() - offset) return {Code::truncated, "section ends after the file", offset};
    offset += s.length;
    const uint64_t kind = tag >> 2;
    if (kind == 0 || kind > static_cast<uint64_t>(SectionKind::payload)) {
      if (tag & kSectionMaySkip) continue;
      return {Code::unsupported, "file needs a newer version of pare", s.offset};
    }
    s.kind = static_cast<SectionKind>(kind);
    if (s.kind == SectionKind::payload) {
      payloads_.push_back(s);
    } else {
      if ((seen >> kind & 1) != 0) return {Code::corrupt, "section occurs twice", s.offset};
      seen |= 1U << kind;
      sections_.push_back(s);
    }
  }
  if (sections_.size() != 2) return {Code::corrupt, "section missing", offset};
  return offset == bytes_.size() ? Status() : Status(Code::corrupt, "bytes after the last section", offset);
}

Result<std::span<const std::byte>> PareFile::checked(const Section& section) const {
  const auto part = bytes_.subspan(section.offset, section.length);
  if (crc32c(part) != section.checksum)
    return Status{Code::corrupt, "checksum of a section does not hold", section.offset};
  return part;
}

Status PareFile::read_structs(const Section& section, uint64_t& budget) {
  PARE_ASSIGN(std::span<const std::byte> part, checked(section));
  Tensor inflated;
  if (section.compressed) {
    PARE_ASSIGN(inflated, inflate(part, budget));
    part = inflated.bytes();
  }
  FieldReader f(part, budget);
  if (section.kind == SectionKind::graph) {
    graph_fields(f, graph_);
  } else {
    f.list(tensors_, [&](StoredTensor& t) { tensor_fields(f, t); });
  }
  return f.finish();
}

uint64_t PareFile::payload_bytes(size_t tensor) const {
  const size_t first = first_payload_[tensor];
  return payloads_[first].length + (tensors_[tensor].mask_codec ? payloads_[first + 1].length : 0);
}

Result<DecodedTensor> PareFile::read_tensor(size_t index, uint64_t& budget) const {
  const StoredTensor& stored = tensors_[index];
  const Section& section = payloads_[first_payload_[index]];
  if (section.compressed) return Status{Code::corrupt, "a payload is coded by its codec alone", section.offset};
  PARE_ASSIGN(const auto part, checked(section));
  DecodedTensor result;
  if (stored.grid) {
    PARE_ASSIGN(result.levels, decode_levels(stored.codec, payload_info(stored), part, budget));
    const auto count = element_count(stored.shape);
    PARE_TRY(spend(budget, static_cast<uint64_t>(count.value_or(0)) * size_of(DType::f32)));
    PARE_ASSIGN(result.tensor, dequantize(*stored.grid, *result.levels, stored.shape));
  } else {
    PARE_ASSIGN(result.tensor, decode_bytes(stored.codec, payload_info(stored), part, budget));
    if (stored.stored != stored.dtype) {
      PARE_TRY(spend(budget, static_cast<uint64_t>(result.tensor.size()) * size_of(stored.dtype)));
      result.tensor = cast(result.tensor, stored.dtype);
    }
  }
  if (stored.mask_codec) {
    PARE_ASSIGN(const auto mask_part, checked(payloads_[first_payload_[index] + 1]));
    PARE_ASSIGN(const Tensor bits, decode_levels(*stored.mask_codec, mask_info(stored), mask_part, budget));
    BitMask mask(static_cast<size_t>(bits.size()));
    const auto view = bits.view<int32_t>();
    for (size_t i = 0; i < view.size(); ++i) mask.set(i, view[i] != 0);
    result.mask = std::move(mask);
  }
  return result;
}

}  // namespace pare
