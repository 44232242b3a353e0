// pare simplify: the lossless passes.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/onnx_flags.h"
#include "core/cost.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/passes/pass.h"

namespace pare::cli {
namespace {

struct SimplifyFlags : OnnxFlags {
  std::string model, output;
  std::vector<std::string> input_shape;
  void visit(ParamVisitor& v) {
    v.field("model", model, "model to simplify");
    v.field("output", output, "file to write (.onnx)");
    v.field("input_shape", input_shape, "fix an input's shape, so that more folds: 1x3x224x224 or NAME=1x3x224x224");
    OnnxFlags::visit(v);
  }
};

Dims parse_shape(const std::string& text) {
  Dims dims;
  size_t at = 0;
  while (at <= text.size()) {
    const size_t end = std::min(text.find('x', at), text.size());
    const std::string part = text.substr(at, end - at);
    ensure(!part.empty() && part.size() < 10 && part.find_first_not_of("0123456789") == std::string::npos,
           "--input-shape {}: expected sizes with x between them, such as 1x3x224x224", text);
    dims.emplace_back(std::stoll(part));
    at = end + 1;
  }
  return dims;
}

void fix_shape(Graph& graph, const std::string& item) {
  const size_t equals = item.rfind('=');
  ensure(!graph.inputs.empty(), "--input-shape: the model has no inputs");
  const ValueId id = equals == std::string::npos ? graph.inputs[0] : graph.find_value(item.substr(0, equals));
  ensure(id != kNoValue, "--input-shape: the model has no input '{}'", item.substr(0, equals));
  const Dims dims = parse_shape(equals == std::string::npos ? item : item.substr(equals + 1));
  auto& value = graph.value(id);
  ensure(!value.dims || value.dims->size() == dims.size(), "--input-shape: input '{}' has {} dimensions, not {}",
         value.name, value.dims ? value.dims->size() : 0, dims.size());
  value.dims = dims;
  infer_shapes(graph);
}

int run_simplify(CommandLine& line) {
  SimplifyFlags o;
  line.parse(o, {{"model", "MODEL"}});
  ensure(!o.output.empty(), "say where to write: -o FILE.onnx");
  need_kind(o.output, ".onnx");
  Graph graph = load_model(o.model);
  for (const auto& item : o.input_shape) fix_shape(graph, item);
  const int64_t nodes_before = node_count(graph);
  const int64_t parameters_before = cost(graph).parameters;
  const std::vector<PassEffect> effects = simplify(graph);
  export_onnx(graph, o.output, o.options());
  nlohmann::ordered_json passes = nlohmann::ordered_json::object();
  std::string text = fmt::format("{}: {} nodes from {}, {} parameters from {}\n", o.output, node_count(graph),
                                 nodes_before, grouped(cost(graph).parameters), grouped(parameters_before));
  for (const PassEffect& effect : effects) {
    passes[std::string(effect.name)] = {{"runs", effect.runs}, {"nodes_removed", effect.nodes_removed}};
    if (effect.runs == 0) continue;
    const int64_t n = effect.nodes_removed;
    text += fmt::format(
        "  {:<24} {}\n", effect.name,
        n == 0 ? "no node more or less"
               : fmt::format("{} node{} {}", std::abs(n), std::abs(n) == 1 ? "" : "s", n > 0 ? "less" : "more"));
  }
  line.print({{"file", o.output}, {"nodes_before", nodes_before}, {"nodes", node_count(graph)}, {"passes", passes}},
             [&] { CommandLine::print_text(text); });
  return 0;
}

}  // namespace

extern const Command command_simplify = {"simplify", "fold, merge and remove what changes nothing",
                                         "pare simplify in.onnx -o out.onnx", run_simplify};

}  // namespace pare::cli
