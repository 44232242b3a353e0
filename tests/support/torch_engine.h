// The real engine, opened once per test program.
#pragma once

#include "train/engine.h"

namespace pare::testing {

inline Engine& engine() {
  static const std::shared_ptr<Engine> shared = open_engine({.device = "cpu", .threads = 2, .deterministic = true});
  return *shared;
}

}  // namespace pare::testing
