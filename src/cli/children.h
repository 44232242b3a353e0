// Processes of one program that make a run together on this machine: started with the variables of core/world.h, told
// to stop together, and ended together when one of them fails.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

namespace pare::cli {

class Children {
 public:
  // Rank 0 has this process's terminal; what the others write to stderr is kept, their stdout dropped.
  // Error(limit) when the system gives no more processes.
  Children(const std::string& program, const std::vector<std::string>& arguments, int count);
  ~Children();  // kills what is left
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  struct Outcome {
    int rank = 0;         // of the first that failed; 0 when none did
    int status = 0;       // its exit status; meaningless after a signal
    int signal = 0;       // that ended it, 0 when it ended by itself
    int main_status = 0;  // exit status of rank 0, 128 + n after signal n
    std::string text;     // what it wrote to stderr; empty for rank 0
  };
  // Until all have ended. SIGINT, SIGTERM and SIGHUP are passed on.
  Outcome wait();

 private:
  using Clock = std::chrono::steady_clock;
  struct Child {
    pid_t pid = -1;
    int errors = -1;  // file with its stderr
    bool running = false;
  };
  [[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments, int rank, int count,
                           int port, pid_t parent);
  void start(const std::string& program, const std::vector<std::string>& arguments, int count);
  bool reap(Outcome& outcome);  // true when one failed for the first time
  void pass_on(int signal) const;
  bool any_running() const;

  std::vector<Child> children_;
  sigset_t watched_{}, before_{};
  bool failed_ = false;
};

}  // namespace pare::cli
