// Programs of the user's: run, watched, and ended when they take too long.
#pragma once

#include <string>
#include <vector>

#include "core/progress.h"

namespace pare {

struct ProcessResult {
  int status = 0;  // exit status; 128 + signal when one ended it
  bool timed_out = false;
  std::string out, err;  // the last 64 KiB and 4 KiB of what it wrote
};
// /bin/sh -c `command` with `arguments` as $1, $2, ...: they are never part of the text that the shell reads. Standard
// input is empty. The command and what it starts form a process group, which is killed on time-out and when the work
// is cancelled (Error(cancelled)). Error(io) when no process can be made.
ProcessResult run_shell(const std::string& command, const std::vector<std::string>& arguments, double timeout_seconds,
                        Progress& progress);

}  // namespace pare
