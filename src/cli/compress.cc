// pare compress: a recipe from start to finish. pare demo: the same with a built-in recipe, network and data.
#include "compress/runner.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "cli/command.h"
#include "cli/command_line.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/zoo/zoo.h"
#include "demo_recipe.h"
#include "report/report.h"

namespace pare::cli {
namespace {

struct RunFlags : SharedEngineFlags {
  std::string output;
  bool resume = false, restart = false, dry_run = false;
  std::string weights = "compact";
  void visit(ParamVisitor& v) {
    v.field("output", output, "folder for model.onnx, model.pare, report.json, report.html");
    v.field("resume", resume, "go on with the interrupted run that the folder holds");
    v.field("restart", restart, "throw away the run that the folder holds");
    v.field("dry_run", dry_run, "check everything, print the plan and stop");
    v.field("weights", weights, "how model.onnx holds encoded weights: small (compact) or as plain floats",
            {"compact", "float"});
    SharedEngineFlags::visit(v);
  }
  RunOptions run_options() const {
    RunOptions r;
    r.output = output;
    r.resume = resume;
    r.restart = restart;
    r.weights = weights == "float" ? WeightStyle::plain : WeightStyle::compact;
    r.engine = [engine = engine_options()] { return open_engine(engine); };
    r.world = world();
    return r;
  }
};

// Runs and prints; the exit status says whether the accuracy budget was kept.
int run(CommandLine& line, const Recipe& recipe, Graph start, const RunFlags& flags, RunOptions options) {
  if (flags.dry_run) {
    check_run(recipe, std::move(start), options);
    Recipe effective = recipe;
    effective.seed = options.seed.value_or(recipe.seed);
    if (!options.data.empty()) effective.data.source = options.data;
    const auto plan = plan_of(effective);
    line.print(plan, [&] { CommandLine::print_text(plan_to_text(plan)); });
    return 0;
  }
  ensure(!flags.output.empty(), "say where to write the result: -o FOLDER");
  options.command = line.text();
  const RunResult result = run_recipe(recipe, std::move(start), options, line.progress());
  line.print(result.report, [&] { CommandLine::print_text(report_to_text(result.report)); });
  return result.goal_reached ? 0 : 1;
}

struct CompressFlags : RunFlags, PreprocessingFlags, MetricOptions {
  std::string model, recipe, data, max_drop;
  int64_t seed = -1;
  void visit(ParamVisitor& v) {
    v.field("model", model, "model to compress, or the name of an architecture to train from fresh weights");
    v.field("recipe", recipe, "recipe file (YAML)");
    v.field("data", data, "data set, instead of the recipe's: KIND:PATH");
    v.field("seed", seed, "instead of the recipe's; -1 for the recipe's", {-1, 9e15});
    v.field("max_drop", max_drop,
            "validation accuracy that may be lost, in percentage points (of a metric command: in its own unit); exit "
            "status 1 beyond");
    MetricOptions::visit(v);
    PreprocessingFlags::visit(v);
    RunFlags::visit(v);
  }
};

// A file if there is one, else an architecture of the zoo with weights drawn from the seed.
Graph start_graph(const std::string& model, uint64_t seed, bool& from_scratch) {
  from_scratch = false;
  if (std::filesystem::exists(model)) return load_model(model);
  const bool looks_like_file = model.find('/') != std::string::npos || std::filesystem::path(model).has_extension();
  if (looks_like_file && !find_architecture(model)) fail(Code::invalid, "{}: no such file", model);
  from_scratch = true;
  Graph graph = build(model, Param::map(), seed);
  graph.source = model;
  return graph;
}

int run_compress(CommandLine& line) {
  CompressFlags o;
  line.parse(o, {{"model", "MODEL|ARCHITECTURE"}});
  ensure(!o.recipe.empty(), "say how: --recipe FILE.yaml (recipes/ has examples, `pare list steps` the steps)");
  const Recipe recipe = load_recipe(o.recipe);
  RunOptions options = o.run_options();
  options.data = o.data;
  options.preprocessing = o.preprocessing_override();
  if (o.seed >= 0) options.seed = static_cast<uint64_t>(o.seed);
  if (!o.max_drop.empty()) {
    options.max_drop = Param::text(o.max_drop, "--max-drop").as_real();
    ensure(*options.max_drop >= 0, "--max-drop: expected a number, 0 or more");
  }
  options.metric = command_metric(o, {.weights = options.weights});
  options.model = o.model;
  if (std::error_code none; std::filesystem::is_regular_file(o.model, none) && !is_pare_file(o.model))
    options.start_bytes = static_cast<uint64_t>(size_on_disk(o.model));
  Graph start = start_graph(o.model, options.seed.value_or(recipe.seed), options.from_scratch);
  return run(line, recipe, std::move(start), o, std::move(options));
}

struct DemoFlags : RunFlags {
  int64_t seed = 1;
  void visit(ParamVisitor& v) {
    v.field("seed", seed, "of weights, data order and digits", {0, 9e15});
    RunFlags::visit(v);
  }
};

int run_demo(CommandLine& line) {
  DemoFlags o;
  o.output = "pare-demo";
  line.parse(o);
  RunOptions options = o.run_options();
  options.seed = static_cast<uint64_t>(o.seed);
  options.model = "lenet5-caffe";
  options.from_scratch = true;
  const Recipe recipe = parse_recipe(kDemoRecipe, "demo.yaml");
  return run(line, recipe, build("lenet5-caffe", Param::map(), *options.seed), o, std::move(options));
}

}  // namespace

extern const Command command_compress = {
    "compress", "run a recipe: prune, share weights, fine-tune, pack, prove",
    "pare compress lenet5-caffe --recipe recipes/lenet5-caffe-mnist.yaml --data mnist:DIR -o out", run_compress,
    /*several=*/true};
extern const Command command_demo = {"demo", "train and compress a digit reader on built-in data, in two minutes",
                                     "pare demo -o out", run_demo, /*several=*/true};

}  // namespace pare::cli
