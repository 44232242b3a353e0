// Any bytes given to the ONNX reader end in a graph that verifies, or in an Error; never in a crash or a lot of memory.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/error.h"
#include "core/onnx/onnx.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  pare::ImportOptions options;
  options.max_bytes = uint64_t{64} << 20;
  for (const bool lift : {false, true}) {
    options.lift = lift;
    try {
      const pare::Graph graph = pare::parse_onnx(bytes, "fuzz.onnx", options);
      pare::verify(graph);
      const std::string written = pare::serialize_onnx(graph);
      pare::parse_onnx(written, "again.onnx", options);
    } catch (const pare::Error&) {
    }
  }
  return 0;
}
