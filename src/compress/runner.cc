#include "compress/runner.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "compress/checkpoint.h"
#include "compress/frame.h"
#include "compress/history.h"
#include "compress/measure.h"
#include "compress/result.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/model_file.h"
#include "core/pack/pack.h"
#include "core/passes/pass.h"
#include "core/random.h"
#include "report/machine.h"
#include "report/report.h"
#include "train/together.h"

namespace pare {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string hex(uint64_t value) { return fmt::format("{:016x}", value); }

using PointPtr = std::shared_ptr<const Point>;

// What is kept of a row.
struct RowPoints {
  std::vector<Json> entries;  // of its steps
  PointPtr before, after;
};

bool changes_classes(const std::vector<RecipeStep>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const RecipeStep& step) { return step.def->new_classes; });
}

class Run {
 public:
  Run(const Recipe& recipe, const RunOptions& options, Progress& progress)
      : recipe_(recipe), options_(options), progress_(progress), seed_(options.seed.value_or(recipe.seed)) {}
  RunResult run(Graph start);
  void open(Graph& start);  // data, and all checks of what fits what
  bool may_go_on() const { return begun_ && !options_.output.empty(); }

 private:
  Json identity(const Point& start) const;
  Engine& engine();
  Engine* together() { return options_.world.several() ? &engine() : nullptr; }
  std::optional<RunResult> open_output(const Json& who);
  StepFrame frame();
  RowPoints walk(const RecipeRow& row, std::vector<PointPtr>& path);
  size_t before(const RecipeRow& row) const;
  Json figures(const Point& point);
  Json header(const Json& who) const;
  void write(const RunResult& result, const std::vector<RowPoints>& points);

  const Recipe& recipe_;
  const RunOptions& options_;
  Progress& progress_;
  uint64_t seed_;
  std::shared_ptr<Engine> engine_;
  std::optional<Data> data_;
  uint64_t split_ = 0;  // seed of the split into training and validation
  std::optional<OutputFolder> output_;
  bool begun_ = false;                   // what is done from here on is kept in the folder
  std::map<std::string, Json> figures_;  // of points seen already: the test part is looked at once
};

Engine& Run::engine() {
  if (!engine_) {
    ensure(static_cast<bool>(options_.engine), "this recipe needs an engine");
    engine_ = options_.engine();
  }
  return *engine_;
}

void Run::open(Graph& start) {
  const std::string source = options_.data.empty() ? recipe_.data.source : options_.data;
  ensure(!options_.max_drop || options_.metric || !source.empty(),
         "an accuracy budget (--max-drop) needs data: name it with --data or in the recipe");
  if (!source.empty()) {
    DataOptions how;
    if (options_.data_options) {
      how = *options_.data_options;
    } else {
      how.validation = recipe_.data.validation;
      how.take = recipe_.data.take;
      how.seed = static_cast<uint64_t>(recipe_.data.seed);
      fit_to_model(start, how);
      how.preprocessing_override = options_.preprocessing;
    }
    const bool transfers = changes_classes(recipe_.steps);
    if (transfers) how = follow_model(start, how);
    split_ = how.seed;
    data_ = open_data(source, how);
    ensure(!options_.max_drop || options_.metric || data_->validation,
           "an accuracy budget (--max-drop) needs validation samples");
    Data fits = *data_;
    if (transfers) fits.classes = 0;  // they will fit once that step is done
    check_data(start, fits);
    to_metadata(data_->preprocessing, start.origin.metadata);
  }
  fold_encodings(start);
  mark_trainable(start);
  check_recipe(recipe_, start, data_.has_value());
}

Json Run::identity(const Point& start) const {
  Recipe effective = recipe_;
  effective.seed = seed_;
  Json plan = plan_of(effective);
  plan.erase("recipe");  // the file may move
  plan.erase("data");
  plan.erase("seed");
  return {{"version", PARE_VERSION},
          {"model", hex(start.hash)},
          {"seed", seed_},
          {"data", data_ ? fmt::format("{}, split {}", data_->description, split_) : ""},
          {"recipe", hex(hash_of(json_text(plan)))},
          {"settings", fmt::format("weights {}, from scratch {}, max drop {}{}", static_cast<int>(options_.weights),
                                   options_.from_scratch, options_.max_drop.value_or(-1),
                                   options_.metric ? ", metric " + options_.metric->identity() : "")}};
}

StepFrame Run::frame() {
  return {.recipe = recipe_,
          .seed = seed_,
          .data = data_ ? &*data_ : nullptr,
          .engine = [this]() -> Engine& { return engine(); },
          .output = output_ ? &*output_ : nullptr,
          .together = together(),
          .progress = progress_};
}

// The main process opens the folder, and the others learn what is in it. A result when the run was finished before.
std::optional<RunResult> Run::open_output(const Json& who) {
  RunResult finished;
  const Bytes told = on_main(together(), [&] {
    if (!options_.output.empty()) output_.emplace(options_.output, who, options_.resume, options_.restart);
    const bool done = output_ && output_->state() == OutputFolder::State::finished;
    if (done) finished = finished_run(*output_);
    return wrap({{std::byte{done}, std::byte{finished.goal_reached}}, json_text(who)});
  });
  const Parcel parcel = unwrap(told);
  ensure(parcel.text == json_text(who), "rank {} was given another model, recipe or data than rank 0",
         options_.world.rank);
  begun_ = true;
  if (parcel.bytes.at(0) == std::byte{0}) return {};
  finished.goal_reached = parcel.bytes.at(1) != std::byte{0};
  return finished;
}

// All figures of a network, the test part among them.
Json Run::figures(const Point& point) {
  const auto [found, fresh] = figures_.try_emplace(point.key);
  if (!fresh) return found->second;
  Json json = point.entry.contains("figures") ? point.entry["figures"] : measure(point.graph, point.packing);
  ExportOptions how;
  const bool as_it_came = point.key == "start" && !options_.from_scratch;
  if (!as_it_came) how.weights = options_.weights;
  json["onnx_bytes"] =
      as_it_came && options_.start_bytes ? *options_.start_bytes : serialize_onnx(point.graph, how).size();
  if (data_ && data_->validation && !json.contains("validation")) {
    json["validation"] = to_json(engine().evaluate(point.graph, *data_->validation, {}, progress_));
  }
  if (data_ && data_->test) json["test"] = to_json(engine().evaluate(point.graph, *data_->test, {}, progress_));
  if (options_.metric) {
    const auto judge = [&] { return options_.metric->measure(point.graph, progress_); };
    json["metric"] = to_json(*options_.metric, number_on_main(together(), judge));
  }
  return found->second = std::move(json);
}

// Where the report's "before" stands among the points of a row: point i is the network after i steps.
size_t Run::before(const RecipeRow& row) const {
  size_t steps = 0;
  const bool untrained = options_.from_scratch || changes_classes(row.steps);
  while (untrained && steps < row.steps.size() && !row.steps[steps].def->compresses) ++steps;
  return steps;
}

// Runs what a row does not share with the row before it. `path` holds the points of that row, then of this one.
RowPoints Run::walk(const RecipeRow& row, std::vector<PointPtr>& path) {
  RowPoints points;
  const StepFrame steps = frame();
  for (size_t i = 0; i < row.steps.size(); ++i) {
    const std::string key = steps.key_after(*path[i], row.steps[i], i);
    if (path.size() <= i + 1 || path[i + 1]->key != key) {
      path.resize(i + 1);
      path.push_back(std::make_shared<const Point>(steps.run(*path[i], row.steps[i], i)));
    }
    points.entries.push_back(path[i + 1]->entry);
  }
  path.resize(row.steps.size() + 1);
  points.before = path[before(row)];
  points.after = path.back();
  return points;
}

Json Run::header(const Json& who) const {
  return {{"format", 1},
          {"pare", PARE_VERSION},
          {"command", options_.command},
          {"model", options_.model},
          {"from_scratch", options_.from_scratch},
          {"recipe", recipe_.name},
          {"summary", recipe_.summary},
          {"seed", seed_},
          {"data", data_ ? Json(data_->description) : Json()},
          {"engine", engine_ ? Json(engine_->description()) : Json()},
          {"machine", describe_machine()},
          {"weights", options_.weights == WeightStyle::compact ? "compact" : "float"},
          {"max_drop", options_.max_drop ? Json(*options_.max_drop) : Json()},
          {"figures_at", recipe_.figures_at},
          {"identity", who}};
}

void Run::write(const RunResult& result, const std::vector<RowPoints>& points) {
  for (size_t i = 0; i < points.size(); ++i) {
    const Point& end = *points[i].after;
    const std::string folder = row_folder(i, result.rows[i].name);
    output_->make_row(folder);
    ExportOptions how;
    how.weights = options_.weights;
    write_file(output_->path(folder + "model.onnx"), serialize_onnx(end.graph, how));
    write_file(output_->path(folder + "model.pare"), pack(end.graph, end.packing));
  }
  write_file(output_->path("report.html"), report_to_html(result.report));
  // Last: a folder with report.json holds a finished run.
  write_file(output_->path("report.json"), json_text(result.report, 1) + "\n");
  output_->drop_checkpoint();
}

RunResult Run::run(Graph start) {
  const Clock::time_point begin = Clock::now();
  open(start);
  auto first = std::make_shared<Point>();
  first->key = "start";
  first->entry = Json::object();
  const std::vector<std::byte> bytes = freeze(start);
  first->hash = hash_of_bytes(bytes);
  first->graph = thaw(bytes, start.source, start.source);
  const Json who = identity(*first);
  if (auto finished = open_output(who)) return std::move(*finished);

  const std::vector<RecipeRow> rows = expand(recipe_);
  std::vector<PointPtr> path{first};
  std::vector<RowPoints> points;
  for (const RecipeRow& row : rows) {
    if (rows.size() > 1) progress_.log(fmt::format("row {} of {}: {}", points.size() + 1, rows.size(), row.name));
    points.push_back(walk(row, path));
  }
  path.clear();

  // All choices are made: now, and only now, the test part.
  RunResult result;
  for (size_t i = 0; i < rows.size(); ++i) {
    RowResult row;
    row.name = rows[i].name;
    row.graph = points[i].after->graph;
    row.report = {{"name", row.name},
                  {"settings", rows[i].settings},
                  {"folder", row_folder(i, row.name)},
                  {"steps", points[i].entries}};
    row.report["before"] = figures(*points[i].before);
    row.report["after"] = figures(*points[i].after);
    row.report["layers"] = measure_layers(points[i].after->graph, points[i].after->packing);
    result.rows.push_back(std::move(row));
  }
  judge(result, options_.max_drop);
  result.report = header(who);
  result.report["seconds"] = seconds_since(begin);
  result.report["best"] = result.best;
  result.report["goal_reached"] = result.goal_reached;
  result.report["rows"] = Json::array();
  for (const RowResult& row : result.rows) result.report["rows"].push_back(row.report);
  do_on_main(together(), [&] {
    if (output_) write(result, points);
  });
  return result;
}

}  // namespace

void check_run(const Recipe& recipe, Graph start, const RunOptions& options) {
  Run(recipe, options, Progress::quiet()).open(start);
}

RunResult run_recipe(const Recipe& recipe, Graph start, const RunOptions& options, Progress& progress) {
  Run run(recipe, options, progress);
  try {
    return run.run(std::move(start));
  } catch (const Error& error) {
    if (error.code() != Code::cancelled || !run.may_go_on()) throw;
    fail(Code::cancelled, "{}; the same command with --resume{} goes on", error.what(),
         options.restart ? " in place of --restart" : "");
  }
}

}  // namespace pare
