#include "format/container/layout.h"

namespace pare {

Chunks chunks_of(const Shape& shape) {
  Chunks c;
  c.size = static_cast<uint64_t>(element_count(shape).value_or(0));
  c.step = std::max<uint64_t>(c.size, 1);
  if (c.size <= kChunkElements) return c;
  const uint64_t row = c.size / static_cast<uint64_t>(shape.front());
  c.flat = row > kChunkElements;
  c.step = c.flat ? kChunkElements : kChunkElements / row * row;
  c.count = (c.size - 1) / c.step + 1;
  return c;
}

Shape Chunks::shape(const Shape& whole, uint64_t chunk) const {
  if (count == 1) return whole;
  if (flat) return {static_cast<int64_t>(length(chunk))};
  Shape part = whole;
  part.front() = static_cast<int64_t>(length(chunk) / (size / static_cast<uint64_t>(whole.front())));
  return part;
}

Shape payload_shape(const StoredTensor& tensor) {
  Shape shape = tensor.shape;
  if (tensor.grid && tensor.grid->dim > 1 && !shape.empty()) shape.back() /= tensor.grid->dim;
  return shape;
}

uint64_t table_numbers(const StoredTensor& tensor) {
  const Grid& grid = *tensor.grid;
  if (grid.kind == GridKind::codebook) return tensor.entries * static_cast<uint64_t>(grid.dim);
  const auto scales = static_cast<uint64_t>(scale_count(grid, tensor.shape).value_or(0));
  return tensor.zero_points ? 2 * scales : scales;
}

uint64_t part_count(const StoredTensor& tensor) {
  return (tensor.grid ? 1 : 0) + chunks_of(payload_shape(tensor)).count +
         (tensor.mask_codec ? chunks_of(tensor.shape).count : 0);
}

PayloadBytes payload_bytes(const StoredTensor& tensor, unsigned version) {
  PayloadBytes bytes;
  size_t part = 0;
  if (version != 1 && tensor.grid) bytes.tables = tensor.parts[part++];
  const size_t chunks = version == 1 ? 1 : chunks_of(payload_shape(tensor)).count;
  for (size_t i = 0; i < chunks; ++i) bytes.elements += tensor.parts[part++];
  while (part < tensor.parts.size()) bytes.mask += tensor.parts[part++];
  return bytes;
}

}  // namespace pare
