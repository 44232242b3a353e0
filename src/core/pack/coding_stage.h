// Progress of work that several threads do together.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>

#include "core/progress.h"

namespace pare {

class CodingStage {
 public:
  CodingStage(Progress& progress, std::string_view name, uint64_t total) : stage_(progress, name, total) {}
  // From any thread; throws Error(Code::cancelled) when cancelled.
  void done(uint64_t units) {
    const std::lock_guard lock(mutex_);
    stage_.check();
    stage_.advance(done_ += units);
  }

 private:
  Stage stage_;
  std::mutex mutex_;
  uint64_t done_ = 0;
};

}  // namespace pare
