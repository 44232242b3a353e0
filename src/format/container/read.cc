#include "format/container/read.h"

#include <algorithm>
#include <cstring>

#include "format/bytes.h"
#include "format/checksum.h"
#include "format/container/layout_fields.h"
#include "format/container/structure_code.h"
#include "format/container/tables.h"

namespace pare {

namespace {

// Takes `count` items of `size` bytes from the budget for as long as the caller keeps them.
Status spend(uint64_t& budget, uint64_t count, uint64_t size = 1) {
  if (count > budget / size) return {Code::limit, "file needs more memory than allowed"};
  budget -= count * size;
  return {};
}

Result<Tensor> make_tensor(DType type, const Shape& shape, uint64_t& budget) {
  PARE_ASSIGN(Tensor tensor, Tensor::create(type, shape, budget));
  PARE_TRY(spend(budget, tensor.byte_size()));
  return tensor;
}

Status within_part(const Status& status, uint64_t offset) {
  return status.ok() ? status : Status(status.code(), status.what(), offset + status.at());
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
  return bytes.size() > kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

TensorInfo payload_info(const StoredTensor& tensor, const std::optional<Grid>& grid) {
  TensorInfo info;
  info.dtype = tensor.stored;
  info.shape = payload_shape(tensor);
  if (grid) {
    info.payload = Payload::levels;
    info.dtype = DType::i32;
    info.low = static_cast<int32_t>(grid->lowest());
    info.high = static_cast<int32_t>(grid->highest());
    info.zero = zero_level(*grid).value_or(info.low > INT32_MIN ? info.low - 1 : info.low);
  }
  return info;
}

TensorInfo mask_info(const Shape& shape) {
  return {.payload = Payload::levels, .dtype = DType::i32, .shape = shape, .low = 0, .high = 1, .zero = 0};
}

Result<PareFile> PareFile::open(std::span<const std::byte> bytes, uint64_t max_bytes) {
  PareFile file;
  file.bytes_ = bytes;
  file.max_bytes_ = max_bytes;
  uint64_t budget = max_bytes;
  if (!looks_like_pare(bytes)) return Status{Code::invalid, "not a .pare file"};
  const auto mark = static_cast<uint8_t>(bytes[kMagic.size()]);
  if (mark == kVersion) {
    PARE_TRY(file.read_version2(budget));
  } else if (mark == kVersion1Mark) {
    PARE_TRY(file.read_version1(budget));
  } else {
    return Status{Code::unsupported, "version of the .pare file is not supported", kMagic.size()};
  }
  PARE_TRY(check_links(file.graph(), file.tensors()));
  PARE_TRY(spend(budget, file.sections_.size()));
  file.checked_ = std::make_unique<std::atomic<bool>[]>(file.sections_.size());
  return file;
}

Status PareFile::read_version2(uint64_t& budget) {
  version_ = 2;
  ByteReader in(bytes_);
  (void)in.bytes(kMagic.size() + 1);
  const uint64_t length = in.varint();
  const uint64_t size = in.varint();
  const auto coded = in.bytes(length);
  const uint64_t end = in.position();
  const auto checksum = in.number<uint32_t>();
  PARE_TRY(in.status());
  if (crc32c(bytes_.first(end)) != checksum) return {Code::corrupt, "checksum of the structure does not hold", end};
  structure_bytes_ = in.position();
  const uint64_t plain = size >> 1;
  std::vector<std::byte> inflated;
  std::span<const std::byte> part = coded;
  if (size & 1) {
    if (plain > kMostInflation * coded.size() + kFreeInflation)
      return {Code::corrupt, "structure grows too much", kMagic.size() + 1};
    PARE_TRY(spend(budget, plain));
    inflated.resize(plain);
    PARE_TRY(within_part(decode_structure(coded, inflated), end - length));
    part = inflated;
  } else if (plain != length) {
    return {Code::corrupt, "structure has another length than it says", kMagic.size() + 1};
  }
  FieldReader f(part, budget, version_);
  structure_fields(f, structure_);
  PARE_TRY(f.finish());
  return place_parts(in.position(), budget);
}

// Where each part lies, and that together they fill the file.
Status PareFile::place_parts(uint64_t offset, uint64_t& budget) {
  bool open = false;  // a section is
  auto close = [&] {
    if (!open) return Status();
    open = false;
    sections_.back().checksum_at = offset;
    if (kChecksumBytes > bytes_.size() - offset)
      return Status(Code::truncated, "checksum of a section is missing", offset);
    offset += kChecksumBytes;
    return Status();
  };
  for (const StoredTensor& t : tensors()) {
    first_part_.push_back(parts_.size());
    PARE_TRY(spend(budget, 1 + t.parts.size(), 2 * (sizeof(Part) + sizeof(Section))));
    for (const uint64_t length : t.parts) {
      if (open && length > kSectionBytes - std::min(sections_.back().length, kSectionBytes)) PARE_TRY(close());
      if (length > bytes_.size() - offset) return {Code::truncated, "part of a tensor ends after the file", offset};
      if (!open) sections_.push_back({offset, 0, 0});
      open = true;
      parts_.push_back({offset, length, static_cast<uint32_t>(sections_.size() - 1)});
      sections_.back().length += length;
      offset += length;
    }
  }
  PARE_TRY(close());
  for (const StoredSection& other : structure_.others) {
    if ((other.tag & kMaySkip) == 0) return {Code::unsupported, "file needs a newer version of pare", offset};
    if (other.length > bytes_.size() - offset) return {Code::truncated, "section ends after the file", offset};
    offset += other.length;
  }
  return offset == bytes_.size() ? Status() : Status(Code::corrupt, "bytes after the last section", offset);
}

Status PareFile::check(const Section& section) const {
  const auto bytes = bytes_.subspan(section.offset, section.length);
  uint32_t checksum = 0;
  std::memcpy(&checksum, bytes_.data() + section.checksum_at, kChecksumBytes);
  return crc32c(bytes) == checksum ? Status()
                                   : Status(Code::corrupt, "checksum of a section does not hold", section.offset);
}

Result<std::span<const std::byte>> PareFile::part(size_t index) const {
  const Part& p = parts_[index];
  std::atomic<bool>& checked = checked_[p.section];
  if (!checked.load(std::memory_order_relaxed)) {
    PARE_TRY(check(sections_[p.section]));
    checked.store(true, std::memory_order_relaxed);
  }
  return bytes_.subspan(p.offset, p.length);
}

Result<TensorReader> PareFile::start(size_t index, uint64_t& budget) const {
  TensorReader r;
  const StoredTensor& stored = tensors()[index];
  r.file_ = this;
  r.stored_ = &stored;
  r.first_part_ = first_part_[index];
  r.result_.grid = stored.grid;
  if (stored.grid && version_ != 1) {
    Grid& grid = *r.result_.grid;
    PARE_ASSIGN(const auto in, part(r.first_part_));
    const uint64_t offset = parts_[r.first_part_].offset;
    const bool is_codebook = grid.kind == GridKind::codebook;
    if (!is_codebook && !scale_count(grid, stored.shape))
      return Status{Code::corrupt, "grid does not fit its tensor", offset};
    const uint64_t count = stored.zero_points ? table_numbers(stored) / 2 : table_numbers(stored);
    PARE_TRY(spend(budget, count, sizeof(float) + sizeof(int32_t)));
    (is_codebook ? grid.codebook : grid.scale).resize(count);
    if (stored.zero_points) grid.zero_point.resize(count);
    PARE_TRY(within_part(decode_tables(in, grid), offset));
    ++r.first_part_;
  }
  if (r.result_.grid) PARE_TRY(pare::check(*r.result_.grid, stored.shape));
  r.info_ = payload_info(stored, r.result_.grid);
  if (version_ == 1) {
    r.chunks_.size = static_cast<uint64_t>(element_count(r.info_.shape).value_or(0));
    r.chunks_.step = std::max<uint64_t>(r.chunks_.size, 1);
    r.mask_chunks_ = r.chunks_;
    r.mask_chunks_.size = static_cast<uint64_t>(element_count(stored.shape).value_or(0));
    r.mask_chunks_.step = std::max<uint64_t>(r.mask_chunks_.size, 1);
  } else {
    r.chunks_ = chunks_of(r.info_.shape);
    r.mask_chunks_ = chunks_of(stored.shape);
  }
  r.first_mask_chunk_ = r.chunks_.count;
  r.has_mask_ = stored.mask_codec.has_value();
  if (stored.grid) {
    PARE_ASSIGN(r.result_.levels, make_tensor(DType::i32, r.info_.shape, budget));
    r.levels_ = r.result_.levels->edit<int32_t>();
    const auto count = static_cast<uint64_t>(element_count(stored.shape).value_or(0));
    PARE_TRY(spend(budget, count, size_of(DType::f32)));
  } else {
    PARE_ASSIGN(r.result_.tensor, make_tensor(stored.dtype, stored.shape, budget));
    r.elements_ = r.result_.tensor.edit_bytes();
    if (stored.stored != stored.dtype)  // while a chunk is decoded
      PARE_TRY(spend(budget, r.chunks_.length(0), size_of(stored.stored) + size_of(stored.dtype)));
  }
  if (r.has_mask_) {
    PARE_TRY(spend(budget, r.mask_chunks_.size / 8 + 8));
    PARE_TRY(spend(budget, r.mask_chunks_.length(0), sizeof(int32_t)));  // while a chunk is decoded
    r.result_.mask.emplace(r.mask_chunks_.size, false);
  }
  return r;
}

Status TensorReader::decode(size_t chunk) {
  PARE_ASSIGN(const auto in, file_->part(first_part_ + chunk));
  const uint64_t offset = file_->parts_[first_part_ + chunk].offset;
  return chunk < first_mask_chunk_ ? decode_elements(chunk, in, offset)
                                   : decode_mask(chunk - first_mask_chunk_, in, offset);
}

Status TensorReader::decode_elements(size_t chunk, std::span<const std::byte> in, uint64_t offset) {
  TensorInfo info = info_;
  info.shape = chunks_.shape(info_.shape, chunk);
  const uint64_t begin = chunks_.begin(chunk), length = chunks_.length(chunk);
  const Decoder* decoder = find_decoder(stored_->codec);
  if (stored_->grid) {
    if (!decoder || !decoder->levels) return {Code::unsupported, "unknown codec of levels", offset};
    return within_part(decoder->levels(info, in, levels_.subspan(begin, length)), offset);
  }
  if (!decoder || !decoder->bytes) return {Code::unsupported, "unknown codec of bytes", offset};
  const size_t size = size_of(stored_->dtype);
  const auto out = elements_.subspan(begin * size, length * size);
  if (stored_->stored == stored_->dtype) return within_part(decoder->bytes(info, in, out), offset);
  Tensor narrow(stored_->stored, info.shape);
  PARE_TRY(within_part(decoder->bytes(info, in, narrow.edit_bytes()), offset));
  const Tensor wide = cast(narrow, stored_->dtype);
  std::memcpy(out.data(), wide.bytes().data(), out.size());
  return {};
}

Status TensorReader::decode_mask(size_t chunk, std::span<const std::byte> in, uint64_t offset) {
  const Decoder* decoder = find_decoder(*stored_->mask_codec);
  if (!decoder || !decoder->levels) return {Code::unsupported, "unknown codec of levels", offset};
  const uint64_t begin = mask_chunks_.begin(chunk);
  std::vector<int32_t> kept(mask_chunks_.length(chunk));
  PARE_TRY(within_part(decoder->levels(mask_info(mask_chunks_.shape(stored_->shape, chunk)), in, kept), offset));
  // Chunks need not end where a word does: bits are added to what others may be adding to.
  std::vector<uint64_t>& words = result_.mask->words();
  for (size_t i = 0; i < kept.size();) {
    uint64_t bits = 0;
    const size_t word = (begin + i) / 64;
    for (; i < kept.size() && (begin + i) / 64 == word; ++i)
      bits |= static_cast<uint64_t>(kept[i] != 0) << ((begin + i) % 64);
    std::atomic_ref(words[word]).fetch_or(bits, std::memory_order_relaxed);
  }
  return {};
}

Result<DecodedTensor> TensorReader::finish() {
  if (stored_->grid) {
    PARE_ASSIGN(result_.tensor, dequantize(*result_.grid, *result_.levels, stored_->shape));
  }
  return std::move(result_);
}

Result<DecodedTensor> PareFile::read_tensor(size_t index, uint64_t& budget) const {
  PARE_ASSIGN(TensorReader reader, start(index, budget));
  for (size_t chunk = 0; chunk < reader.chunks(); ++chunk) PARE_TRY(reader.decode(chunk));
  return reader.finish();
}

}  // namespace pare
