// pare transfer: a trained network learns other classes. Ctrl-C keeps a checkpoint beside the output; --resume goes on
// from it.
#include "compress/finetune/transfer.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/training_mark.h"
#include "compress/checkpoint.h"
#include "compress/history.h"
#include "compress/metric.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/onnx/onnx.h"
#include "core/passes/pass.h"
#include "train/evaluation.h"

namespace pare::cli {
namespace {

namespace fs = std::filesystem;

struct TransferFlags : TransferOptions, DataFlags, MetricOptions, EngineFlags {
  std::string model, output;
  int64_t input_size = 0, seed = 1;
  bool resume = false, restart = false;
  void visit(ParamVisitor& v) {
    v.field("model", model, "trained network to start from");
    v.field("output", output, "file to write (.onnx)");
    DataFlags::visit(v);
    v.field("input_size", input_size, "height and width of the images from now on; 0 for the model's own", {0, 16384});
    TransferOptions::visit(v);
    v.field("seed", seed, "of the fresh classifier, order, augmentation and dropout", {0, 9e15});
    v.field("resume", resume, "go on from the checkpoint that an interrupted run left");
    v.field("restart", restart, "throw that checkpoint away");
    MetricOptions::visit(v);
    EngineFlags::visit(v);
  }
};

// The folder beside the output that holds what an interrupted run needs, marked by the run it belongs to.
class Checkpoint {
 public:
  Checkpoint(const TransferFlags& o, uint64_t mark, Progress& progress) : folder_(o.output + ".checkpoint") {
    const std::string file = folder_ + "/run", text = fmt::format("{:016x}\n", mark);
    if (o.restart) fs::remove_all(folder_);
    if (fs::exists(file) || worth_keeping() || fs::is_regular_file(folder_)) {
      ensure(o.resume, "{} is left of an interrupted run: --resume goes on with it, --restart throws it away", folder_);
      ensure(fs::exists(file), "--resume: {} is not a checkpoint of transfer", folder_);
      const auto found = read_file(file);
      ensure(std::string_view(reinterpret_cast<const char*>(found.data()), found.size()) == text,
             "--resume: {} belongs to a run with other options, data, seed or network", folder_);
    } else if (o.resume) {
      progress.log(fmt::format("there is no {}: starting anew", folder_));
    }
    store_.emplace(folder_);
    write_file(file, text);
  }
  FitStore& store() { return *store_; }
  // Is there anything to go on from?
  bool worth_keeping() const {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder_, ignored))
      if (entry.path().filename().string().starts_with("fit")) return true;
    return false;
  }
  void drop() const {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

 private:
  std::string folder_;
  std::optional<StepCheckpoint> store_;
};

std::string figures(const std::optional<Evaluation>& e, std::string_view part) {
  return e ? fmt::format(", {} {}", part, figures_text(*e)) : "";
}

int run_transfer(CommandLine& line) {
  TransferFlags o;
  line.parse(o, {{"model", "MODEL"}});
  ensure(!o.output.empty(), "say where to write: -o FILE.onnx");
  ensure(!o.data.empty(), "no data given: add --data KIND:PATH (see `pare list datasets`)");
  ensure(!o.resume || !o.restart, "--resume and --restart exclude each other");
  need_kind(o.output, ".onnx");
  check_writable(o.output);
  Graph graph = load_model(o.model);
  fold_encodings(graph);
  mark_trainable(graph);
  find_classifier(graph, o.head);  // what is wrong with it is known before the data is read
  if (o.input_size > 0) resize_input(graph, o.input_size, o.input_size);
  if (!from_metadata(graph.origin.metadata) && o.scale == 0 && o.mean.empty())
    line.progress().log(
        "the model does not say its preprocessing: the data's is taken (--scale, --mean, --std say it)");
  const Data data = open_data(o.data, follow_model(graph, o.data_options(&graph)));
  to_metadata(data.preprocessing, graph.origin.metadata);
  const auto options = params_to_json(static_cast<const TransferOptions&>(o));
  const uint64_t mark = training_mark(o.model, options, data, o.seed);
  const auto metric = command_metric(o);

  std::shared_ptr<Engine> engine = open_engine(o.engine_options());
  Checkpoint checkpoint(o, mark, line.progress());
  StepReport report;
  PackOptions packing;
  Session session{.graph = graph,
                  .data = &data,
                  .progress = line.progress(),
                  .report = report,
                  .packing = packing,
                  .engine = [&]() -> Engine& { return *engine; },
                  .seed = static_cast<uint64_t>(o.seed),
                  .store = &checkpoint.store()};
  try {
    transfer(session, o);
  } catch (const Error& error) {
    const bool kept = checkpoint.worth_keeping();
    if (!kept) checkpoint.drop();
    if (error.code() != Code::cancelled || !kept) throw;
    fail(Code::cancelled, "{}; the same command with --resume goes on", error.what());
  }
  std::optional<Evaluation> validation, test;
  if (data.validation) validation = engine->evaluate(graph, *data.validation, {}, line.progress());
  if (data.test && data.test->size() > 0) test = engine->evaluate(graph, *data.test, {}, line.progress());
  export_onnx(graph, o.output);
  checkpoint.drop();

  nlohmann::ordered_json json = {
      {"file", o.output}, {"data", data.description}, {"seed", o.seed}, {"engine", engine->description()}};
  json.update(report.details);
  json["epochs"] = to_json(report.history);
  if (validation) json["validation"] = to_json(*validation);
  if (test) json["test"] = to_json(*test);
  std::string text = fmt::format("{}: {} classes, trained {} epochs{}{}", o.output, data.classes, report.history.size(),
                                 figures(validation, "validation"), figures(test, "test"));
  if (metric) {
    const double value = metric->measure(graph, line.progress());
    json["metric"] = to_json(*metric, value);
    text += fmt::format(", metric {:.6g}", value);
  }
  line.print(json, [&] { CommandLine::print_text(text + "\n"); });
  return 0;
}

}  // namespace

extern const Command command_transfer = {
    "transfer", "teach a trained network other classes",
    "pare transfer net.onnx --data images:DIR -o new.onnx --head-epochs 2 --epochs 8", run_transfer};

}  // namespace pare::cli
