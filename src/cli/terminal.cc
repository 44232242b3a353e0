#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "core/world.h"

namespace pare::cli {
namespace {

std::atomic<int> interrupts{0};

extern "C" void on_interrupt(int) {
  if (interrupts.fetch_add(1) > 0) _exit(130);
}

size_t terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

}  // namespace

std::string duration_text(double seconds) {
  const auto s = static_cast<int64_t>(std::max(0.0, seconds) + 0.5);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

std::string grouped(int64_t n) {
  std::string digits = fmt::format("{}", n < 0 ? -n : n);
  for (auto i = static_cast<int64_t>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<size_t>(i), ",");
  return n < 0 ? "-" + digits : digits;
}

Terminal::Terminal()
    : is_terminal_(isatty(STDERR_FILENO) == 1 && std::getenv("PARE_NO_PROGRESS") == nullptr), quiet_(!is_main()) {}
Terminal::~Terminal() { clear(); }

void Terminal::set_quiet(bool quiet) { quiet_ = quiet || !is_main(); }

void Terminal::catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void Terminal::begin(std::string_view stage, uint64_t total) {
  frames_.push_back({std::string(stage), {}, total, 0, Clock::now()});
  draw(false);
}

void Terminal::advance(uint64_t done) {
  if (frames_.empty()) return;
  frames_.back().done = done;
  draw(false);
}

void Terminal::note(std::string_view text) {
  if (!frames_.empty()) frames_.back().note = text;
}

void Terminal::end() {
  if (!frames_.empty()) frames_.pop_back();
  if (frames_.empty()) clear();
}

void Terminal::log(std::string_view line) {
  if (quiet_) return;
  clear();
  fmt::print(stderr, "{}\n", line);
  draw(true);
}

bool Terminal::cancelled() const { return interrupts.load() > 0; }

void Terminal::clear() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
  drawn_ = false;
}

// Shows the innermost stage that has a total, with the names of those around it.
void Terminal::draw(bool force) {
  if (!is_terminal_ || quiet_ || frames_.empty()) return;
  const auto now = Clock::now();
  if (!force && now - last_draw_ < std::chrono::milliseconds(100)) return;
  last_draw_ = now;
  std::string names;
  const Frame* frame = &frames_.back();
  for (const auto& f : frames_) {
    names += (names.empty() ? "" : " > ") + f.name;
    if (f.total > 0) frame = &f;
  }
  std::string line = names;
  if (frame->total > 0) {
    const double share = std::min(1.0, static_cast<double>(frame->done) / static_cast<double>(frame->total));
    const double elapsed = std::chrono::duration<double>(now - frame->start).count();
    const auto full = static_cast<size_t>(share * 24);
    line += fmt::format("  [{}{}] {:3.0f} %", std::string(full, '#'), std::string(24 - full, '.'), share * 100);
    if (share > 0.005) line += fmt::format("  {} left", duration_text(elapsed / share - elapsed));
  }
  if (!frames_.back().note.empty()) line += "  " + frames_.back().note;
  const size_t width = terminal_width() - 1;
  if (line.size() > width) line.resize(width);
  fmt::print(stderr, "\r\x1b[K{}", line);
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace pare::cli
