// What a person sees while a command works: a bar with time left on stderr when it is a terminal, plain log lines when
// it is not. Ctrl-C asks the work to stop at the next safe point; a second one ends the process.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/progress.h"

namespace pare::cli {

class Terminal : private Progress {
 public:
  Terminal();
  ~Terminal() override;
  Progress& progress() { return *this; }
  void set_quiet(bool quiet);  // of several processes, only the main one is not

  // Installs the handler of SIGINT and SIGTERM; main() does it once.
  static void catch_interrupts();

 private:
  using Clock = std::chrono::steady_clock;
  struct Frame {
    std::string name, note;
    uint64_t total = 0, done = 0;
    Clock::time_point start;
  };
  void begin(std::string_view stage, uint64_t total) override;
  void advance(uint64_t done) override;
  void note(std::string_view text) override;
  void end() override;
  void log(std::string_view line) override;
  bool cancelled() const override;
  void draw(bool force);
  void clear();

  bool is_terminal_;
  bool quiet_ = false;
  bool drawn_ = false;
  std::vector<Frame> frames_;
  Clock::time_point last_draw_{};
};

// "1:05", "2:03:07".
std::string duration_text(double seconds);
// "1,724,320".
std::string grouped(int64_t n);

}  // namespace pare::cli
