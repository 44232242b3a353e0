// pare analyze: what of a network could be smaller, and what each part of it is worth.
#include <algorithm>

#include "cli/command.h"
#include "cli/command_line.h"
#include "compress/analyze/sensitivity.h"
#include "compress/analyze/structure.h"
#include "compress/analyze/tables.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/passes/pass.h"

namespace pare::cli {
namespace {

struct AnalyzeFlags : DataFlags, EngineFlags {
  std::string model, csv;
  std::vector<std::string> sensitivity;
  int64_t samples = 1000;
  std::string parts = "whole";
  void visit(ParamVisitor& v) {
    v.field("model", model, "model to look into");
    v.field("csv", csv, "file for all numbers, one per line");
    v.field("parts", parts, "of heads and groups of convolutions: whole ones, channels within each, or both",
            {"whole", "within", "both"});
    DataFlags::visit(v);
    v.field("sensitivity", sensitivity,
            "with --data, what is taken away: channels of each group (when nothing is said), weights or bits of each "
            "layer");
    v.field("samples", samples, "validation samples of each point; 0 for all", {0, 1e9});
    EngineFlags::visit(v);
  }

  ChannelOptions channel_options() const {
    return {.averaged = true, .whole = parts != "within", .within = parts != "whole"};
  }
  SensitivityOptions sensitivity_options() const {
    ensure(sensitivity.empty() || !data.empty(), "--sensitivity measures on samples and needs --data");
    for (const std::string& what : sensitivity)
      ensure(what == "channels" || what == "weights" || what == "bits",
             "--sensitivity {}: expected channels, weights or bits", what);
    const auto wants = [&](std::string_view what) {
      return std::find(sensitivity.begin(), sensitivity.end(), what) != sensitivity.end();
    };
    return {.channels = sensitivity.empty() || wants("channels"),
            .weights = wants("weights"),
            .bits = wants("bits"),
            .parts = channel_options()};
  }
};

int run_analyze(CommandLine& line) {
  AnalyzeFlags o;
  line.parse(o, {{"model", "MODEL"}});
  const SensitivityOptions wanted = o.sensitivity_options();
  if (!o.csv.empty()) check_writable(o.csv);
  Graph graph = load_model(o.model);
  fold_encodings(graph);
  expose_channels(graph);
  infer_shapes(graph);
  nlohmann::ordered_json analysis = {{"model", o.model}};
  analysis.update(analyze_structure(graph, o.channel_options(), line.progress()));
  if (!o.data.empty()) {
    const Data data = o.open(&graph);
    ensure(data.validation && data.validation->size() > 0, "{} has no validation split", o.data);
    const auto all = static_cast<int64_t>(data.validation->size());
    std::vector<size_t> first(static_cast<size_t>(o.samples == 0 ? all : std::min(o.samples, all)));
    for (size_t i = 0; i < first.size(); ++i) first[i] = i;
    const DatasetPtr part = take(data.validation, std::move(first));
    const auto engine = open_engine(o.engine_options());
    analysis["data"] = data.description;
    analysis["samples"] = part->size();
    analysis["sensitivity"] = sensitivity(graph, *engine, *part, wanted, line.progress());
  }
  if (!o.csv.empty()) write_file(o.csv, analysis_to_csv(analysis));
  line.print(analysis, [&] { CommandLine::print_text(analysis_to_text(analysis)); });
  return 0;
}

}  // namespace

extern const Command command_analyze = {
    "analyze", "what could be smaller: dead channels, ranks, and how accuracy falls without each part",
    "pare analyze model.onnx --data mnist:DIR --sensitivity channels,bits --csv curves.csv", run_analyze};

}  // namespace pare::cli
