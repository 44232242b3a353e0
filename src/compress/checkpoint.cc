#include "compress/checkpoint.h"

#include <filesystem>

#include "compress/history.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/model_file.h"
#include "core/pack/pack.h"

namespace pare {
namespace fs = std::filesystem;
namespace {

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

void make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail_io("make the folder", path, error.value());
}

nlohmann::ordered_json read_json(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path);
  try {
    return nlohmann::ordered_json::parse(reinterpret_cast<const char*>(bytes.data()),
                                         reinterpret_cast<const char*>(bytes.data()) + bytes.size());
  } catch (const nlohmann::json::exception&) {
    fail(Code::corrupt, "{} is damaged: --restart throws the run away and starts anew", path);
  }
}

void write_json(const std::string& path, const nlohmann::ordered_json& json) {
  write_file(path, std::string_view(json_text(json, 1)));
}

}  // namespace

std::vector<std::byte> freeze(const Graph& graph) {
  PackOptions exact;
  exact.codec = "raw";
  exact.keep_masks = true;
  return pack(graph, exact);
}

Graph thaw(std::span<const std::byte> bytes, const std::string& name, const std::string& source) {
  Graph graph = unpack(bytes, name);
  graph.source = source;
  mark_trainable(graph);
  return graph;
}

StepCheckpoint::StepCheckpoint(std::string folder) : folder_(std::move(folder)) { make_folder(folder_); }

std::optional<StepCheckpoint::Saved> StepCheckpoint::read() const {
  if (!exists(path("step.json"))) return {};
  return Saved{read_file(path("step.pare")), read_json(path("step.json"))};
}

void StepCheckpoint::write(std::span<const std::byte> graph, const nlohmann::ordered_json& entry) {
  write_file(path("step.pare"), graph);
  write_json(path("step.json"), entry);
  std::error_code ignored;  // what is left over only takes room
  for (const auto& file : fs::directory_iterator(folder_, ignored)) {
    const std::string name = file.path().filename().string();
    if (name.starts_with("fit") || name.starts_with("decision")) fs::remove(file.path(), ignored);
  }
}

bool StepCheckpoint::finished(size_t index, Graph& graph, std::vector<EpochRecord>& history) {
  const std::string base = path(fmt::format("fit{}", index));
  if (!exists(base + ".json")) return false;
  const std::vector<EpochRecord> records = history_from_json(read_json(base + ".json"));
  graph = thaw(read_file(base + ".pare"), base + ".pare", graph.source);
  history.insert(history.end(), records.begin(), records.end());
  return true;
}

void StepCheckpoint::finish(size_t index, Graph& graph, const std::vector<EpochRecord>& history) {
  const std::string base = path(fmt::format("fit{}", index));
  const std::vector<std::byte> bytes = freeze(graph);
  write_file(base + ".pare", bytes);
  write_json(base + ".json", to_json(history));
  std::error_code ignored;
  fs::remove(base + ".state", ignored);
  graph = thaw(bytes, base + ".pare", graph.source);
}

std::vector<std::byte> StepCheckpoint::load(size_t index) {
  const std::string file = path(fmt::format("fit{}.state", index));
  return exists(file) ? read_file(file) : std::vector<std::byte>();
}

void StepCheckpoint::save(size_t index, std::span<const std::byte> bytes) {
  write_file(path(fmt::format("fit{}.state", index)), bytes);
}

std::vector<std::byte> StepCheckpoint::decision(size_t index) {
  const std::string file = path(fmt::format("decision{}", index));
  return exists(file) ? read_file(file) : std::vector<std::byte>();
}

void StepCheckpoint::decide(size_t index, std::span<const std::byte> bytes) {
  write_file(path(fmt::format("decision{}", index)), bytes);
}

void MemoryStore::finish(size_t, Graph& graph, const std::vector<EpochRecord>&) {
  graph = thaw(freeze(graph), "checkpoint", graph.source);
}

OutputFolder::OutputFolder(std::string folder, nlohmann::ordered_json identity, bool resume, bool restart)
    : folder_(std::move(folder)) {
  ensure(!resume || !restart, "--resume and --restart exclude each other");
  make_folder(folder_);
  lock_.emplace(folder_);
  if (restart) clear();
  const std::string run = path("checkpoint/run.json"), report_file = path("report.json");
  const bool done = exists(report_file);
  if (done || exists(run)) {
    ensure(resume, "{} holds {} run: --resume goes on with it, --restart throws it away", folder_,
           done ? "a finished" : "an unfinished");
    const nlohmann::ordered_json json = read_json(done ? report_file : run);
    const nlohmann::ordered_json theirs = done ? json.value("identity", nlohmann::ordered_json::object()) : json;
    for (const auto& [key, value] : identity.items()) {
      ensure(theirs.is_object() && theirs.contains(key) && theirs.at(key) == value,
             "{} holds another run (its {} differs): take another folder, or --restart throws it away", folder_, key);
    }
    state_ = done ? State::finished : State::interrupted;
    return;
  }
  for (const char* name : {"model.onnx", "model.pare"}) {
    ensure(!exists(path(name)), "{} holds another result ({}): take another folder, or --restart throws it away",
           folder_, name);
  }
  make_folder(path("checkpoint"));
  write_json(run, identity);
}

nlohmann::ordered_json OutputFolder::report() const { return read_json(path("report.json")); }

void OutputFolder::make_row(const std::string& folder) const { make_folder(path(folder)); }

void OutputFolder::drop_checkpoint() const {
  std::error_code ignored;
  fs::remove_all(path("checkpoint"), ignored);
}

// Only what a run writes; anything else in the folder is not ours.
void OutputFolder::clear() const {
  std::error_code error;
  const auto remove = [&](const fs::path& file) {
    fs::remove_all(file, error);
    if (error) fail(Code::io, "{}: {}", file.string(), error.message());
  };
  remove(path("report.json"));  // first: without it the rest is no finished run
  remove(path("checkpoint"));
  for (const char* name : {"report.html", "model.onnx", "model.pare"}) remove(path(name));
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    if (!entry.path().filename().string().starts_with("row-")) continue;
    for (const char* name : {"model.onnx", "model.pare"}) remove(entry.path() / name);
    fs::remove(entry.path(), error);  // stays when it holds something else
  }
}

}  // namespace pare
