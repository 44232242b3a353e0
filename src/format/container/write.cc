#include "format/container/write.h"

#include <cstring>

#include "format/bytes.h"
#include "format/checksum.h"
#include "format/container/layout_fields.h"
#include "format/container/read.h"
#include "format/container/structure_code.h"
#include "format/container/tables.h"

namespace pare {

TensorCoder::TensorCoder(StoredTensor record, std::span<const int32_t> levels, std::span<const std::byte> elements,
                         const BitMask* mask, const Encoder* forced)
    : levels_(levels), elements_(elements), mask_(mask), forced_(forced) {
  coded_.record = std::move(record);
  if (mask_) coded_.record.mask_codec = 0;
  info_ = payload_info(coded_.record, coded_.record.grid);
  chunks_ = chunks_of(info_.shape);
  mask_chunks_ = chunks_of(coded_.record.shape);
  coded_.parts.resize(part_count(coded_.record));
  if (const auto& grid = coded_.record.grid) {
    coded_.record.entries = grid->codebook.size() / static_cast<size_t>(grid->dim);
    coded_.record.zero_points = !grid->zero_point.empty();
    coded_.parts[0] = encode_tables(*grid);
    first_part_ = 1;
  }
  if (forced_ && !forced_->supports(info_)) forced_ = nullptr;
  estimates_.resize(chunks());
}

TensorCoder::Input TensorCoder::input(size_t chunk, std::vector<int32_t>& mask_levels) const {
  if (chunk >= chunks_.count) {
    chunk -= chunks_.count;
    const uint64_t begin = mask_chunks_.begin(chunk);
    mask_levels.resize(mask_chunks_.length(chunk));
    for (size_t i = 0; i < mask_levels.size(); ++i) mask_levels[i] = (*mask_)[begin + i] ? 1 : 0;
    return {mask_info(mask_chunks_.shape(coded_.record.shape, chunk)), mask_levels, {}};
  }
  Input in{info_, {}, {}};
  in.info.shape = chunks_.shape(info_.shape, chunk);
  const uint64_t begin = chunks_.begin(chunk), length = chunks_.length(chunk);
  if (info_.payload == Payload::levels) {
    in.levels = levels_.subspan(begin, length);
  } else {
    const size_t size = size_of(info_.dtype);
    in.elements = elements_.subspan(begin * size, length * size);
  }
  return in;
}

void TensorCoder::estimate(size_t chunk) {
  if (forced_ && chunk < chunks_.count) return;
  std::vector<int32_t> mask_levels;
  const Input in = input(chunk, mask_levels);
  for (const Encoder* e : encoder_list())
    estimates_[chunk].push_back(e->supports(in.info) ? e->estimate_bits(in.info, in.levels, in.elements) : UINT64_MAX);
}

// One codec for all chunks: the one of the smallest sum; of equals, the one that is earlier in the list.
const Encoder& TensorCoder::choose(size_t first, size_t count, const Encoder* forced) const {
  if (forced) return *forced;
  const Encoder* best = nullptr;
  uint64_t fewest = 0;
  for (size_t e = 0; e < encoder_list().size(); ++e) {
    uint64_t bytes = 0;
    bool supported = true;
    for (size_t chunk = first; chunk < first + count; ++chunk) {
      supported &= estimates_[chunk][e] != UINT64_MAX;
      bytes += supported ? (estimates_[chunk][e] + 7) / 8 : 0;
    }
    if (supported && (!best || bytes < fewest)) best = encoder_list()[e], fewest = bytes;
  }
  return *best;  // raw supports everything
}

void TensorCoder::choose() {
  encoder_ = &choose(0, chunks_.count, forced_);
  coded_.record.codec = encoder_->id;
  if (!mask_) return;
  mask_encoder_ = &choose(chunks_.count, mask_chunks_.count, nullptr);
  coded_.record.mask_codec = mask_encoder_->id;
}

void TensorCoder::encode(size_t chunk) {
  std::vector<int32_t> mask_levels;
  const Input in = input(chunk, mask_levels);
  const Encoder& encoder = chunk < chunks_.count ? *encoder_ : *mask_encoder_;
  std::vector<std::byte>& out = coded_.parts[first_part_ + chunk];
  encoder.encode(in.info, in.levels, in.elements, out);
  out.shrink_to_fit();  // all of them are held until the file is written
}

CodedTensor TensorCoder::finish() {
  for (const auto& part : coded_.parts) coded_.record.parts.push_back(part.size());
  return std::move(coded_);
}

CodedTensor code_tensor(StoredTensor record, std::span<const int32_t> levels, std::span<const std::byte> elements,
                        const BitMask* mask, const Encoder* forced) {
  TensorCoder coder(std::move(record), levels, elements, mask, forced);
  for (size_t chunk = 0; chunk < coder.chunks(); ++chunk) coder.estimate(chunk);
  coder.choose();
  for (size_t chunk = 0; chunk < coder.chunks(); ++chunk) coder.encode(chunk);
  return coder.finish();
}

namespace {

// What structure_fields wants, without a copy of the graph.
struct StructureView {
  std::vector<StoredSection> others;
  const StoredGraph& graph;
  std::vector<StoredTensor> tensors;
};

}  // namespace

FileParts::FileParts(const StoredGraph& graph, std::span<const CodedTensor> tensors) {
  StructureView view{{}, graph, {}};
  for (const CodedTensor& t : tensors) view.tensors.push_back(t.record);
  std::vector<std::byte> plain, coded;
  FieldWriter fields(plain);
  structure_fields(fields, static_cast<const StructureView&>(view));
  encode_structure(plain, coded);
  const bool is_coded = coded.size() < plain.size() && plain.size() <= kMostInflation * coded.size() + kFreeInflation;
  if (!is_coded) coded = plain;

  ByteWriter out(structure_);
  out.bytes(std::as_bytes(std::span(kMagic)));
  out.number(kVersion);
  out.varint(coded.size());
  out.varint(plain.size() << 1 | when(is_coded, 1));
  out.bytes(coded);
  out.number(crc32c(structure_));

  bytes_ = structure_.size();
  uint64_t section = 0;  // its bytes
  uint32_t checksum = 0;
  auto close = [&] {
    if (pieces_.empty() || pieces_.back().checksum) return;
    Checksum& bytes = pieces_.back().checksum.emplace();
    std::memcpy(bytes.data(), &checksum, bytes.size());
    section = 0;
    checksum = 0;
    bytes_ += bytes.size();
  };
  for (const CodedTensor& t : tensors) {
    for (const auto& part : t.parts) {
      if (section + part.size() > kSectionBytes) close();
      pieces_.push_back({part, {}});
      checksum = crc32c(part, checksum);
      section += part.size();
      bytes_ += part.size();
    }
  }
  close();
}

std::vector<std::span<const std::byte>> FileParts::spans() const {
  std::vector<std::span<const std::byte>> spans{structure_};
  for (const Piece& piece : pieces_) {
    spans.push_back(piece.part);
    if (piece.checksum) spans.emplace_back(*piece.checksum);
  }
  return spans;
}

std::vector<std::byte> FileParts::joined() const {
  std::vector<std::byte> file;
  file.reserve(bytes_);
  for (const auto span : spans()) file.insert(file.end(), span.begin(), span.end());
  return file;
}

std::vector<std::byte> write_pare(const StoredGraph& graph, std::span<const CodedTensor> tensors) {
  return FileParts(graph, tensors).joined();
}

}  // namespace pare
