#include "format/container/write.h"

#include "format/bytes.h"
#include "format/checksum.h"
#include "format/container/layout_fields.h"
#include "format/container/read.h"

namespace pare {

namespace {

const Encoder& choose(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte> bytes,
                      const Encoder* forced) {
  if (forced && forced->supports(info)) return *forced;
  const Encoder* best = nullptr;
  uint64_t fewest = 0;
  for (const Encoder* e : encoder_list()) {
    if (!e->supports(info)) continue;
    const uint64_t size = (e->estimate_bits(info, levels, bytes) + 7) / 8;
    if (!best || size < fewest) best = e, fewest = size;
  }
  return *best;  // raw supports everything
}

struct Part {
  uint64_t tag;
  std::vector<std::byte> compressed;  // for graph and tensors
  std::span<const std::byte> bytes;
};

uint64_t tag_of(SectionKind kind) { return static_cast<uint64_t>(kind) << 2; }

// Compressed when that is smaller and stays within what readers allow.
void add_structs(std::vector<Part>& parts, SectionKind kind, const std::vector<std::byte>& plain) {
  std::vector<std::byte> coded;
  ByteWriter(coded).varint(plain.size());
  TensorInfo info;
  info.dtype = DType::u8;
  info.shape = {static_cast<int64_t>(plain.size())};
  find_encoder("huffman")->encode(info, {}, plain, coded);
  if (coded.size() < plain.size() && plain.size() <= coded.size() * kMostInflation) {
    parts.push_back({tag_of(kind) | kSectionCompressed, std::move(coded), {}});
    parts.back().bytes = parts.back().compressed;  // moving a Part leaves these bytes where they are
  } else {
    parts.push_back({tag_of(kind), {}, plain});
  }
}

}  // namespace

CodedTensor code_tensor(StoredTensor record, std::span<const int32_t> levels, std::span<const std::byte> elements,
                        const BitMask* mask, const Encoder* forced) {
  CodedTensor coded;
  coded.record = std::move(record);
  const TensorInfo info = payload_info(coded.record);
  const Encoder& encoder = choose(info, levels, elements, forced);
  coded.record.codec = encoder.id;
  encoder.encode(info, levels, elements, coded.payload);
  if (mask) {
    std::vector<int32_t> bits(mask->size());
    for (size_t i = 0; i < bits.size(); ++i) bits[i] = (*mask)[i] ? 1 : 0;
    const TensorInfo of_mask = mask_info(coded.record);
    const Encoder& mask_encoder = choose(of_mask, bits, {}, nullptr);
    coded.record.mask_codec = mask_encoder.id;
    mask_encoder.encode(of_mask, bits, {}, coded.mask_payload);
  }
  return coded;
}

std::vector<std::byte> write_pare(const StoredGraph& graph, std::span<const CodedTensor> tensors) {
  std::vector<std::byte> graph_bytes, tensor_bytes;
  FieldWriter graph_writer(graph_bytes);
  graph_fields(graph_writer, graph);
  std::vector<StoredTensor> records;
  for (const CodedTensor& t : tensors) records.push_back(t.record);
  FieldWriter tensor_writer(tensor_bytes);
  tensor_writer.list(records, [&](const StoredTensor& t) { tensor_fields(tensor_writer, t); });

  std::vector<Part> parts;
  add_structs(parts, SectionKind::graph, graph_bytes);
  add_structs(parts, SectionKind::tensors, tensor_bytes);
  for (const CodedTensor& t : tensors) {
    parts.push_back({tag_of(SectionKind::payload), {}, t.payload});
    if (t.record.mask_codec) parts.push_back({tag_of(SectionKind::payload), {}, t.mask_payload});
  }

  std::vector<std::byte> contents;
  ByteWriter toc(contents);
  for (const Part& part : parts) {
    toc.varint(part.tag);
    toc.varint(part.bytes.size());
    toc.number(crc32c(part.bytes));
  }
  std::vector<std::byte> file;
  ByteWriter out(file);
  out.bytes(std::as_bytes(std::span(kMagic)));
  out.number(kMajorVersion);
  out.number(kMinorVersion);
  out.varint(contents.size());
  out.bytes(contents);
  out.number(crc32c(file));
  for (const Part& part : parts) out.bytes(part.bytes);
  return file;
}

}  // namespace pare
