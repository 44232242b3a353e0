#include "core/data/dataset.h"

namespace pare {

size_t FieldSpec::byte_size() const { return static_cast<size_t>(element_count(shape).value_or(0)) * size_of(dtype); }

}  // namespace pare
