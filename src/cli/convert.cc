// pare convert: between opsets, weight styles and files.
#include <fmt/format.h>

#include <filesystem>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/onnx_flags.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/pack/pack.h"

namespace pare::cli {
namespace {

struct ConvertFlags : OnnxFlags {
  std::string model, output;
  void visit(ParamVisitor& v) {
    v.field("model", model, "model to convert");
    v.field("output", output, "file to write; its ending says what: .onnx or .pare");
    OnnxFlags::visit(v);
  }
};

int run_convert(CommandLine& line) {
  ConvertFlags o;
  line.parse(o, {{"model", "MODEL"}});
  ensure(!o.output.empty(), "say where to write: -o FILE");
  const std::string ending = std::filesystem::path(o.output).extension();
  ensure(ending == ".onnx" || ending == ".pare", "{}: the ending must be .onnx or .pare", o.output);
  // A change of opset goes through the canonical form; without one the model stays as it came.
  Graph graph = o.opset > 0 ? load_model(o.model) : load_model_as_is(o.model);
  if (ending == ".pare") {
    ensure(o.opset == 0 || o.opset == 17, "a .pare file keeps the model's own opset or 17");
    pack_file(graph, o.output);
  } else {
    export_onnx(graph, o.output, o.options());
  }
  const int64_t bytes = size_on_disk(o.output);
  line.print({{"file", o.output}, {"bytes", bytes}},
             [&] { CommandLine::print_text(fmt::format("{}: {} bytes\n", o.output, grouped(bytes))); });
  return 0;
}

}  // namespace

extern const Command command_convert = {"convert", "change opset, weight style or file kind",
                                        "pare convert in.onnx -o out.onnx --opset 13", run_convert};

}  // namespace pare::cli
