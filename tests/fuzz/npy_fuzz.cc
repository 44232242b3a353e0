// Any bytes given to the readers of .npy and .npz end in arrays or in an Error.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/data/npy_file.h"
#include "core/error.h"

namespace {

void check(const pare::Tensor& array) {
  const auto count = pare::element_count(array.shape());
  if (!count || static_cast<size_t>(*count) * pare::size_of(array.dtype()) != array.byte_size()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    check(pare::parse_npy(bytes, "fuzz.npy"));
  } catch (const pare::Error&) {
  }
  try {
    for (const auto& [name, array] : pare::parse_npz(bytes, "fuzz.npz", [](const std::string&) { return true; }))
      check(array);
  } catch (const pare::Error&) {
  }
  return 0;
}
