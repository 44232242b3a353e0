#include "core/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "core/error.h"

extern char** environ;

namespace pare {
namespace {

constexpr size_t kOutTail = 64 << 10, kErrTail = 4 << 10;
constexpr int kTickMilliseconds = 50;  // between two looks at the clock and at Ctrl-C

// What a child writes: the reading end of a pipe, and the last bytes that came out of it.
class Tail {
 public:
  explicit Tail(size_t most) : most_(most) {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) fail(Code::io, "cannot make a pipe: {}", std::strerror(errno));
  }
  ~Tail() {
    for (size_t end : {0, 1}) shut(end);
  }
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  void start() {
    shut(1);
    fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  // All that is there now. At the end of the stream the pipe closes.
  void drain() {
    std::array<char, 16384> buffer;
    while (ends_[0] >= 0) {
      const ssize_t n = read(ends_[0], buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) return shut(0);
      text.append(buffer.data(), static_cast<size_t>(n));
      if (text.size() > 2 * most_) text.erase(0, text.size() - most_);
    }
  }
  std::string take() {
    if (text.size() > most_) text.erase(0, text.size() - most_);
    return std::move(text);
  }

 private:
  void shut(size_t end) {
    if (ends_[end] >= 0) close(ends_[end]);
    ends_[end] = -1;
  }
  size_t most_;
  std::array<int, 2> ends_{-1, -1};
  std::string text;
};

pid_t spawn(const std::string& command, const std::vector<std::string>& arguments, const Tail& out, const Tail& err) {
  std::vector<std::string> words = {"sh", "-c", command, "sh"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawnattr_t how;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&how);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out.writing(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err.writing(), STDERR_FILENO);
  // A group of its own, so that all of it can be ended; and the signals that we ignore are the command's to choose.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&how, &defaults);
  posix_spawnattr_setpgroup(&how, 0);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int error = posix_spawn(&child, "/bin/sh", &files, &how, argv.data(), environ);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) fail(Code::io, "cannot run /bin/sh: {}", std::strerror(error));
  return child;
}

}  // namespace

ProcessResult run_shell(const std::string& command, const std::vector<std::string>& arguments, double timeout_seconds,
                        Progress& progress) {
  using Clock = std::chrono::steady_clock;
  Tail out(kOutTail), err(kErrTail);
  const auto start = Clock::now();
  const pid_t child = spawn(command, arguments, out, err);
  out.start();
  err.start();
  ProcessResult result;
  bool cancelled = false;
  for (bool ended = false; !ended && !cancelled && !result.timed_out;) {
    // A closed pipe has -1, which poll skips: then it only waits.
    std::array<pollfd, 2> pipes{pollfd{out.reading(), POLLIN, 0}, pollfd{err.reading(), POLLIN, 0}};
    poll(pipes.data(), pipes.size(), kTickMilliseconds);
    out.drain();
    err.drain();
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);  // its id stays taken
    ended = info.si_pid == child;
    cancelled = !ended && progress.cancelled();
    result.timed_out = !ended && std::chrono::duration<double>(Clock::now() - start).count() > timeout_seconds;
  }
  kill(-child, SIGKILL);  // and what it left running in the background
  int raw = 0;
  while (waitpid(child, &raw, 0) < 0 && errno == EINTR) continue;
  out.drain();
  err.drain();
  if (cancelled) fail(Code::cancelled, "stopped while a command was running");
  result.status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
  result.out = out.take();
  result.err = err.take();
  return result;
}

}  // namespace pare
