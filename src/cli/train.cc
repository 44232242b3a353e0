// pare train: trains a network on its task. Ctrl-C keeps a checkpoint beside the output; --resume goes on from it.
#include <fmt/format.h>

#include <cstring>
#include <filesystem>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/training_mark.h"
#include "compress/history.h"
#include "compress/metric.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/onnx/onnx.h"
#include "core/passes/pass.h"
#include "train/evaluation.h"
#include "train/together.h"

namespace pare::cli {
namespace {

struct TrainFlags : TrainOptions, DataFlags, MetricOptions, SharedEngineFlags {
  std::string model, output;
  int64_t seed = 1;
  bool resume = false, restart = false;
  void visit(ParamVisitor& v) {
    v.field("model", model, "network to train");
    v.field("output", output, "file to write (.onnx)");
    DataFlags::visit(v);
    TrainOptions::visit(v);
    v.field("seed", seed, "of order, augmentation and dropout", {0, 9e15});
    v.field("resume", resume, "go on from the checkpoint that an interrupted run left");
    v.field("restart", restart, "throw that checkpoint away");
    MetricOptions::visit(v);
    SharedEngineFlags::visit(v);
  }
};

std::vector<std::byte> with_mark(uint64_t mark, std::span<const std::byte> bytes) {
  std::vector<std::byte> all(sizeof mark + bytes.size());
  std::memcpy(all.data(), &mark, sizeof mark);
  if (!bytes.empty()) std::memcpy(all.data() + sizeof mark, bytes.data(), bytes.size());
  return all;
}

std::vector<std::byte> read_checkpoint(const std::string& path, uint64_t mark) {
  auto bytes = read_file(path);
  uint64_t found = 0;
  ensure(bytes.size() > sizeof found, "--resume: {} is not a checkpoint", path);
  std::memcpy(&found, bytes.data(), sizeof found);
  ensure(found == mark, "--resume: {} belongs to a run with other options, data, seed or network", path);
  bytes.erase(bytes.begin(), bytes.begin() + sizeof found);
  return bytes;
}

int run_train(CommandLine& line) {
  TrainFlags o;
  line.parse(o, {{"model", "MODEL"}});
  ensure(!o.output.empty(), "say where to write: -o FILE.onnx");
  need_kind(o.output, ".onnx");
  Graph graph = load_model(o.model);
  fold_encodings(graph);
  mark_trainable(graph);
  const Data data = o.open(&graph);
  to_metadata(data.preprocessing, graph.origin.metadata);
  const auto engine = open_engine(o.engine_options());
  const std::string checkpoint = o.output + ".checkpoint";
  const uint64_t mark = training_mark(o.model, static_cast<const TrainOptions&>(o), data, o.seed);

  Job job;
  job.graphs = {{"student", &graph, true}};
  job.train = data.train;
  job.validation = data.validation;
  job.objective[0].kind = task_loss(data.train->spec());
  job.options = o;
  job.seed = static_cast<uint64_t>(o.seed);
  job.save = [&](std::span<const std::byte> bytes, int64_t) {
    do_on_main(engine.get(), [&] { write_file(checkpoint, with_mark(mark, bytes)); });
  };
  job.resume = on_main(engine.get(), [&] {
    check_writable(o.output);
    const bool interrupted = std::filesystem::exists(checkpoint);
    ensure(!interrupted || o.resume || o.restart,
           "{} is left of an interrupted run: --resume goes on with it, --restart throws it away", checkpoint);
    if (o.resume && !interrupted) line.progress().log(fmt::format("there is no {}: starting anew", checkpoint));
    return o.resume && interrupted ? read_checkpoint(checkpoint, mark) : Bytes{};
  });
  try {
    engine->fit(job, line.progress());
  } catch (const Error& error) {
    const bool may_go_on = error.code() == Code::cancelled || (world().several() && error.code() == Code::io);
    if (!may_go_on || !std::filesystem::exists(checkpoint)) throw;
    fail(error.code(), "{}; the same command with --resume goes on", error.what());
  }

  do_on_main(engine.get(), [&] {
    export_onnx(graph, o.output);
    std::filesystem::remove(checkpoint);
  });
  nlohmann::ordered_json json = {
      {"file", o.output}, {"data", data.description}, {"seed", o.seed}, {"engine", engine->description()}};
  json["epochs"] = nlohmann::ordered_json::array();
  for (const auto& e : job.history) {
    json["epochs"].push_back(
        {{"epoch", e.epoch}, {"rate", e.rate}, {"train_loss", e.train_loss}, {"train_seconds", e.train_seconds}});
    if (e.validation) json["epochs"].back()["validation"] = to_json(*e.validation);
  }
  std::optional<double> judged;
  if (const auto metric = command_metric(o)) {
    judged = number_on_main(engine.get(), [&] { return metric->measure(graph, line.progress()); });
    json["metric"] = to_json(*metric, *judged);
  }
  line.print(json, [&] {
    std::string text = fmt::format("{}: trained {} epochs", o.output, job.history.size());
    if (!job.history.empty() && job.history.back().validation)
      text += ", validation " + figures_text(*job.history.back().validation);
    if (judged) text += fmt::format(", metric {:.6g}", *judged);
    CommandLine::print_text(text + "\n");
  });
  return 0;
}

}  // namespace

extern const Command command_train = {"train", "train a network",
                                      "pare train net.onnx --data mnist:DIR -o trained.onnx --epochs 10", run_train,
                                      /*several=*/true};

}  // namespace pare::cli
