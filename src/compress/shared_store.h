// A store of which only the main process has the files: what it reads reaches all, what it cannot write ends all.
#pragma once

#include "compress/step.h"
#include "train/together.h"

namespace pare {

class SharedStore final : public FitStore {
 public:
  // `own`: the main process's store; on the others one that keeps nothing (MemoryStore).
  SharedStore(Engine& engine, FitStore& own) : engine_(engine), own_(own) {}

  bool finished(size_t index, Graph& graph, std::vector<EpochRecord>& history) override;
  void finish(size_t index, Graph& graph, const std::vector<EpochRecord>& history) override;
  std::vector<std::byte> load(size_t index) override;
  void save(size_t index, std::span<const std::byte> bytes) override;
  std::vector<std::byte> decision(size_t index) override;
  void decide(size_t index, std::span<const std::byte> bytes) override;

 private:
  Engine& engine_;
  FitStore& own_;
};

}  // namespace pare
