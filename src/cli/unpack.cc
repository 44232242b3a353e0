// pare unpack: a .pare file back into ONNX.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/onnx_flags.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/pack/lazy_model.h"
#include "core/parallel.h"

namespace pare::cli {
namespace {

struct UnpackFlags : OnnxFlags {
  std::string model, output;
  int64_t threads = 0;
  void visit(ParamVisitor& v) {
    v.field("model", model, "file to unpack");
    v.field("output", output, "file to write (.onnx)");
    OnnxFlags::visit(v);
    visit_threads(v, threads);
  }
};

// Tensor after tensor, where the file says all there is to write; false: nothing was written.
bool unpack_lazily(const UnpackFlags& o, Progress& progress) {
  if (!is_pare_file(o.model)) return false;
  const LazyModel model(o.model, progress);
  ExportOptions options = o.options();
  if (!written_as_it_is(model.graph(), options)) return false;
  Stage stage(progress, "writing", model.left_out());
  uint64_t written = 0;
  options.whole = [&](const Tensor& constant) {
    stage.check();
    Tensor whole = model.whole(constant);
    if (whole.bytes().data() != constant.bytes().data()) stage.advance(++written);
    return whole;
  };
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
  parallel_threads = static_cast<size_t>(o.threads);
  if (!unpack_lazily(o, line.progress()))
    export_onnx(load_model_as_is(o.model, line.progress()), o.output, o.options());
  const int64_t bytes = size_on_disk(o.output);
  line.print({{"file", o.output}, {"bytes", bytes}},
             [&] { CommandLine::print_text(fmt::format("{}: {} bytes\n", o.output, grouped(bytes))); });
  return 0;
}

}  // namespace

extern const Command command_unpack = {"unpack", "write a .pare file as ONNX", "pare unpack model.pare -o model.onnx",
                                       run_unpack};

}  // namespace pare::cli
