// Any graph that the ONNX reader takes has channels, none or some, in bounded time and memory; without half of them it
// verifies.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/channels/channels.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/onnx/onnx.h"

namespace {

// Many large tensors are slow without being wrong; a few of them are enough.
bool is_small(const pare::Graph& graph) {
  int64_t indices = 0;
  for (const pare::Value& value : graph.values)
    for (const pare::Dim& dim : value.dims.value_or(pare::Dims{})) indices += std::min(dim.factor, int64_t{1} << 22);
  return indices < int64_t{1} << 20;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pare::ImportOptions options;
  options.max_bytes = uint64_t{16} << 20;
  try {
    pare::Graph graph = pare::parse_onnx({reinterpret_cast<const char*>(data), size}, "fuzz.onnx", options);
    pare::infer_shapes(graph);
    pare::verify(graph);
    if (!is_small(graph)) return 0;
    pare::expose_channels(graph);
    const pare::Channels channels = pare::Channels::find(graph, {.within = true});
    std::vector<bool> removed(channels.size(), false);
    for (const pare::ChannelGroup& group : channels.groups())
      for (size_t i = 0; i < group.channels.size(); i += 2) removed[group.channels[i]] = true;
    channels.spare_axes(removed);
    pare::remove_channels(graph, channels, removed);
    pare::verify(graph);
  } catch (const pare::Error& e) {
    // What a reader or an inference refuses is well; that channels and sizes do not agree is not.
    if (std::string_view(e.what()).find("a bug in pare") != std::string_view::npos) __builtin_trap();
  }
  return 0;
}
