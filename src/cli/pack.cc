// pare pack: any model into a .pare file, losslessly.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/command_line.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/pack/pack.h"
#include "core/parallel.h"

namespace pare::cli {
namespace {

struct PackFlags {
  std::string model, output, codec = "auto";
  bool strip = false;
  int64_t threads = 0;
  void visit(ParamVisitor& v) {
    v.field("model", model, "model to pack");
    v.field("output", output, "file to write (.pare)");
    v.field("codec", codec,
            "codec for every tensor it supports (see `pare list codecs`), or auto: the smallest per tensor");
    v.field("strip", strip, "leave out names, doc strings and foreign metadata");
    visit_threads(v, threads);
  }
};

int run_pack(CommandLine& line) {
  PackFlags o;
  line.parse(o, {{"model", "MODEL"}});
  ensure(!o.output.empty(), "say where to write: -o FILE.pare");
  need_kind(o.output, ".pare");
  parallel_threads = static_cast<size_t>(o.threads);
  const Graph graph = load_model_as_is(o.model, line.progress());
  PackSummary summary;
  pack_file(graph, o.output, {.codec = o.codec, .strip = o.strip, .progress = &line.progress()}, &summary);
  const int64_t before = size_on_disk(o.model);
  line.print(
      {{"file", o.output}, {"bytes", summary.bytes}, {"source_bytes", before}, {"graph_bytes", summary.graph_bytes}},
      [&] {
        CommandLine::print_text(fmt::format("{}: {} bytes from {} ({:.2f}x)\n", o.output,
                                            grouped(static_cast<int64_t>(summary.bytes)), grouped(before),
                                            static_cast<double>(before) / static_cast<double>(summary.bytes)));
      });
  return 0;
}

}  // namespace

extern const Command command_pack = {"pack", "write a model as a .pare file, losslessly",
                                     "pare pack model.onnx -o model.pare", run_pack};

}  // namespace pare::cli
