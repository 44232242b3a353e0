#include "core/data/dataset.h"

namespace pare {

size_t FieldSpec::byte_size() const { return static_cast<size_t>(element_count(shape).value_or(0)) * size_of(dtype); }

int64_t Dataset::label(size_t index) const {
  if (spec().target.dtype != DType::i64 || !spec().target.shape.empty()) return -1;
  std::vector<std::vector<std::byte>> inputs;
  for (const FieldSpec& input : spec().inputs) inputs.emplace_back(input.byte_size());
  const std::vector<std::span<std::byte>> spans(inputs.begin(), inputs.end());
  int64_t label = -1;
  read(index, 0, {spans, std::as_writable_bytes(std::span(&label, 1))});
  return label;
}

}  // namespace pare
