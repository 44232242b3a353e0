// pare unpack: a .pare file back into ONNX.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/onnx_flags.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/pack/lazy_model.h"

namespace pare::cli {
namespace {

struct UnpackFlags : OnnxFlags {
  std::string model, output;
  void visit(ParamVisitor& v) {
    v.field("model", model, "file to unpack");
    v.field("output", output, "file to write (.onnx)");
    OnnxFlags::visit(v);
  }
};

// Tensor after tensor, where the file says all there is to write; false: nothing was written.
bool unpack_lazily(const UnpackFlags& o) {
  if (!is_pare_file(o.model)) return false;
  const LazyModel model(o.model);
  ExportOptions options = o.options();
  if (!written_as_it_is(model.graph(), options)) return false;
  options.whole = [&](const Tensor& constant) { return model.whole(constant); };
  try {
    export_onnx(model.graph(), o.output, options);
  } catch (const Error& e) {
    if (e.code() == Code::unsupported || e.code() == Code::invalid) return false;  // it needs another opset
    throw;
  }
  return true;
}

int run_unpack(CommandLine& line) {
  UnpackFlags o;
  line.parse(o, {{"model", "MODEL"}});
  ensure(!o.output.empty(), "say where to write: -o FILE.onnx");
  need_kind(o.output, ".onnx");
  if (!unpack_lazily(o)) export_onnx(load_model_as_is(o.model), o.output, o.options());
  const int64_t bytes = size_on_disk(o.output);
  line.print({{"file", o.output}, {"bytes", bytes}},
             [&] { CommandLine::print_text(fmt::format("{}: {} bytes\n", o.output, grouped(bytes))); });
  return 0;
}

}  // namespace

extern const Command command_unpack = {"unpack", "write a .pare file as ONNX", "pare unpack model.pare -o model.onnx",
                                       run_unpack};

}  // namespace pare::cli
