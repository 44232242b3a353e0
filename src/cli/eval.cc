// pare eval: accuracy and loss of a model on one split.
#include <fmt/format.h>

#include <cmath>

#include "cli/command.h"
#include "cli/command_line.h"
#include "compress/history.h"
#include "compress/metric.h"
#include "core/error.h"
#include "core/model_file.h"
#include "train/evaluation.h"

namespace pare::cli {
namespace {

struct EvalFlags : DataFlags, MetricOptions, SharedEngineFlags {
  std::string model, split = "validation";
  int64_t batch = 256;
  bool confusion = false;
  void visit(ParamVisitor& v) {
    v.field("model", model, "model to evaluate");
    DataFlags::visit(v);
    v.field("split", split, "part of the data", {"train", "validation", "test"});
    v.field("batch", batch, "samples at a time", {1, 65536});
    v.field("confusion", confusion, "print the confusion matrix too");
    MetricOptions::visit(v);
    SharedEngineFlags::visit(v);
  }
};

std::string matrix_text(const Evaluation& e, size_t classes) {
  std::string text = "confusion matrix (rows: truth, columns: answer)\n";
  for (size_t row = 0; row < classes; ++row) {
    for (size_t column = 0; column < classes; ++column)
      text += fmt::format("{:>7}", e.confusion[row * classes + column]);
    text += "\n";
  }
  return text;
}

// Measures on the data, adds to the object and returns what people read.
std::string evaluate(CommandLine& line, const EvalFlags& o, const Graph& graph, nlohmann::ordered_json& json) {
  const Data data = o.open(&graph);
  const DatasetPtr part = o.split == "train" ? data.train : o.split == "test" ? data.test : data.validation;
  ensure(part && part->size() > 0, "{} has no {} split", o.data, o.split);
  const auto engine = open_engine(o.engine_options());
  const Evaluation e =
      engine->evaluate(graph, *part, {.batch = o.batch, .confusion = o.confusion, .on_logits = {}}, line.progress());
  json.update({{"data", data.description}, {"split", o.split}});
  json.update(to_json(e));
  json["engine"] = engine->description();
  const std::string top5 = e.task == Evaluation::Task::classes ? fmt::format(", top-5 {:.2f} %", e.top5 * 100) : "";
  std::string text = fmt::format("{} on {} samples ({}): {}{}, loss {:.4f}, {:.1f} s\n", o.model, grouped(e.samples),
                                 o.split, figures_text(e), top5, e.loss, e.seconds);
  if (!o.confusion) return text;
  const auto classes = static_cast<size_t>(std::lround(std::sqrt(static_cast<double>(e.confusion.size()))));
  json["confusion"] = nlohmann::ordered_json::array();
  for (size_t row = 0; row < classes; ++row)
    json["confusion"].push_back(std::vector<int64_t>(e.confusion.begin() + static_cast<int64_t>(row * classes),
                                                     e.confusion.begin() + static_cast<int64_t>((row + 1) * classes)));
  return text + matrix_text(e, classes);
}

int run_eval(CommandLine& line) {
  EvalFlags o;
  line.parse(o, {{"model", "MODEL"}});
  const Graph graph = load_model(o.model);
  const auto metric = command_metric(o);
  nlohmann::ordered_json json = {{"model", o.model}};
  std::string text;
  if (!o.data.empty() || !metric) text += evaluate(line, o, graph, json);
  if (metric && world().is_main()) {
    const double value = metric->measure(graph, line.progress());
    json["metric"] = to_json(*metric, value);
    text += fmt::format("{}: metric {:.6g}\n", o.model, value);
  }
  line.print(json, [&] { CommandLine::print_text(text); });
  return 0;
}

}  // namespace

extern const Command command_eval = {"eval", "accuracy and loss on a data set",
                                     "pare eval model.pare --data mnist:DIR --split test", run_eval,
                                     /*several=*/true};

}  // namespace pare::cli
