// pare launch: several processes of this program on this machine that train or evaluate together.
#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <sstream>

#include "cli/children.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "core/error.h"

namespace pare::cli {
namespace {

struct LaunchFlags {
  int64_t processes = 0;
  void visit(ParamVisitor& v) { v.field("processes", processes, "how many processes", {0, 1024}); }
};

// Which says more than its number: what rank 0 did not say already.
int report(const Children::Outcome& outcome, int64_t processes) {
  constexpr int kInterrupted = 130, kMachineFailed = 4;
  if (outcome.main_status == kInterrupted) return kInterrupted;
  if (outcome.signal != 0) {
    fmt::print(stderr, "pare launch: rank {} of {} was ended by signal {} ({}); the others were ended too\n",
               outcome.rank, processes, outcome.signal, ::strsignal(outcome.signal));
    return kMachineFailed;
  }
  const bool said = outcome.rank == 0 || (outcome.status == outcome.main_status && outcome.status != kMachineFailed);
  if (said) return outcome.status;
  std::istringstream lines(outcome.text);
  for (std::string line; std::getline(lines, line);) fmt::print(stderr, "[rank {}] {}\n", outcome.rank, line);
  fmt::print(stderr, "pare launch: rank {} of {} ended with status {}; the others were ended too\n", outcome.rank,
             processes, outcome.status);
  return outcome.status;
}

int run_launch(CommandLine& line) {
  const std::vector<std::string> rest = line.take_rest();
  LaunchFlags o;
  line.parse(o);
  ensure(o.processes > 0, "say how many processes: -n 2");
  ensure(!rest.empty(), "say what they do, after --: pare launch -n {} -- train net.onnx ...", o.processes);
  const Command* command = find_command(rest[0]);
  ensure(command != nullptr, "unknown command '{}'; see `pare --help`", rest[0]);
  ensure(command->several, "'{}' runs in one process (train, eval, compress and demo can use several)", rest[0]);
  const char* size = std::getenv("WORLD_SIZE");
  ensure(!size || !*size, "this is one of several processes already (WORLD_SIZE is {})", size);
  return report(Children("/proc/self/exe", rest, static_cast<int>(o.processes)).wait(), o.processes);
}

}  // namespace

extern const Command command_launch = {"launch", "run train, eval or compress in several processes",
                                       "pare launch -n 2 -- train net.onnx --data mnist:DIR -o trained.onnx",
                                       run_launch};

}  // namespace pare::cli
