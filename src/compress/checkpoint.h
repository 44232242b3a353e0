// What a run keeps on disk so that it can go on after a kill at any moment, and ends with the same bytes.
// Everything is keyed by the steps that led to it, so rows of a sweep share their common steps by themselves:
//   OUT/checkpoint/run.json                      whose run this is
//   OUT/checkpoint/<key>/step.pare, step.json    after the step: graph (bit exact, with masks), its report entry
//   OUT/checkpoint/<key>/fit<i>.pare, fit<i>.json, fit<i>.state    training runs inside the step
//   OUT/checkpoint/<key>/decision<i>             what measuring decided, which would come out otherwise another time
// A .json is written last and says that the files beside it are whole. Every file is renamed into place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "compress/folder_lock.h"
#include "compress/step.h"

namespace pare {

// A graph in bytes and back: what a step begins with, whether the run was interrupted before it or not. Frozen graphs
// are equal exactly when their bytes are.
std::vector<std::byte> freeze(const Graph& graph);
Graph thaw(std::span<const std::byte> bytes, const std::string& name, const std::string& source);

// The folder of one step.
class StepCheckpoint final : public FitStore {
 public:
  explicit StepCheckpoint(std::string folder);  // created when missing

  struct Saved {
    std::vector<std::byte> graph;
    nlohmann::ordered_json entry;
  };
  std::optional<Saved> read() const;  // nothing when the step did not finish
  void write(std::span<const std::byte> graph, const nlohmann::ordered_json& entry);  // and drops what led there

  bool finished(size_t index, Graph& graph, std::vector<EpochRecord>& history) override;
  void finish(size_t index, Graph& graph, const std::vector<EpochRecord>& history) override;
  std::vector<std::byte> load(size_t index) override;
  void save(size_t index, std::span<const std::byte> bytes) override;
  std::vector<std::byte> decision(size_t index) override;
  void decide(size_t index, std::span<const std::byte> bytes) override;

 private:
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string folder_;
};

// In-memory runs take the same road through bytes, so that they give the same result as those with a folder.
class MemoryStore final : public FitStore {
 public:
  bool finished(size_t, Graph&, std::vector<EpochRecord>&) override { return false; }
  void finish(size_t index, Graph& graph, const std::vector<EpochRecord>& history) override;
  std::vector<std::byte> load(size_t) override { return {}; }
  void save(size_t, std::span<const std::byte>) override {}
  std::vector<std::byte> decision(size_t) override { return {}; }
  void decide(size_t, std::span<const std::byte>) override {}
};

// The result folder as a whole.
class OutputFolder {
 public:
  enum class State { fresh, interrupted, finished };
  // The folder is this object's alone. Error(invalid) when it is another process's, when it holds a run and the flags
  // don't say what to do with it, or it is another run. `identity` is a flat map of what makes two runs the same; the
  // message names what differs.
  OutputFolder(std::string folder, nlohmann::ordered_json identity, bool resume, bool restart);
  State state() const { return state_; }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string step_folder(const std::string& key) const { return path("checkpoint/" + key); }
  nlohmann::ordered_json report() const;           // of a finished run
  void make_row(const std::string& folder) const;  // "" or "row-01-.../"
  void drop_checkpoint() const;

 private:
  void clear() const;
  std::string folder_;
  State state_ = State::fresh;
  std::optional<FolderLock> lock_;
};

}  // namespace pare
