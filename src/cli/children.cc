#include "cli/children.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/error.h"

namespace pare::cli {
namespace {

constexpr const char* kLoopback = "127.0.0.1";
constexpr int kCannotStart = 127;  // as a shell says it

// One that nobody listens on now. It is taken anew by rank 0, so another program could be faster: rank 0 then says so.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, kLoopback, &address.sin_addr);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const bool found = fd >= 0 && ::bind(fd, any, size) == 0 && ::getsockname(fd, any, &size) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!found) fail(Code::io, "there is no free port on the loopback: {}", std::strerror(error));
  return ntohs(address.sin_port);
}

// A file without a name.
int open_unnamed() {
  std::FILE* file = std::tmpfile();
  const int fd = file ? ::fcntl(::fileno(file), F_DUPFD_CLOEXEC, 0) : -1;
  if (file) std::fclose(file);
  if (fd < 0) fail(Code::io, "cannot open a temporary file: {}", std::strerror(errno));
  return fd;
}

std::string content_of(int fd) {
  std::string text;
  char buffer[4096];
  ::lseek(fd, 0, SEEK_SET);
  for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
  return text;
}

void set_number(const char* name, int value) { ::setenv(name, std::to_string(value).c_str(), /*overwrite=*/1); }

}  // namespace

Children::Children(const std::string& program, const std::vector<std::string>& arguments, int count) {
  sigemptyset(&watched_);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) sigaddset(&watched_, signal);
  ::sigprocmask(SIG_BLOCK, &watched_, &before_);  // they wait for wait()
  children_.resize(static_cast<size_t>(count));
  try {
    start(program, arguments, count);
  } catch (...) {
    pass_on(SIGKILL);
    throw;
  }
}

Children::~Children() {
  pass_on(SIGKILL);
  for (Child& child : children_) {
    if (child.running) ::waitpid(child.pid, nullptr, 0);
    if (child.errors >= 0) ::close(child.errors);
  }
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void Children::start(const std::string& program, const std::vector<std::string>& arguments, int count) {
  const int port = free_port();
  const pid_t parent = ::getpid();
  for (int rank = 0; rank < count; ++rank) {
    Child& child = children_[static_cast<size_t>(rank)];
    if (rank > 0) child.errors = open_unnamed();
    child.pid = ::fork();
    if (child.pid < 0) fail(Code::limit, "cannot start process {} of {}: {}", rank + 1, count, std::strerror(errno));
    if (child.pid == 0) become(program, arguments, rank, count, port, parent);
    child.running = true;
  }
}

// In the new process.
void Children::become(const std::string& program, const std::vector<std::string>& arguments, int rank, int count,
                      int port, pid_t parent) {
  ::setpgid(0, 0);  // Ctrl-C comes from the parent, once, and not from the terminal as well
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kCannotStart);  // it died before
  set_number("RANK", rank), set_number("WORLD_SIZE", count);
  set_number("LOCAL_RANK", rank), set_number("LOCAL_WORLD_SIZE", count);
  ::setenv("MASTER_ADDR", kLoopback, 1), set_number("MASTER_PORT", port);
  ::unsetenv("TORCHELASTIC_USE_AGENT_STORE");
  if (rank > 0) {
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, STDIN_FILENO), ::dup2(nothing, STDOUT_FILENO);
    ::dup2(children_[static_cast<size_t>(rank)].errors, STDERR_FILENO);
  }
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  std::vector<char*> argv{const_cast<char*>("pare")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  ::_exit(kCannotStart);
}

bool Children::any_running() const {
  return std::any_of(children_.begin(), children_.end(), [](const Child& child) { return child.running; });
}

void Children::pass_on(int signal) const {
  for (const Child& child : children_)
    if (child.running) ::kill(child.pid, signal);
}

// Status 1 is an answer (a goal missed), no failure.
bool Children::reap(Outcome& outcome) {
  const bool before = failed_;
  for (size_t rank = 0; rank < children_.size(); ++rank) {
    Child& child = children_[rank];
    int raw = 0;
    if (!child.running || ::waitpid(child.pid, &raw, WNOHANG) != child.pid) continue;
    child.running = false;
    const int signal = WIFSIGNALED(raw) ? WTERMSIG(raw) : 0, status = signal ? 0 : WEXITSTATUS(raw);
    if (rank == 0) outcome.main_status = signal ? 128 + signal : status;
    if (failed_ || (signal == 0 && status == 0)) continue;
    failed_ = signal != 0 || status > 1;
    outcome.rank = static_cast<int>(rank), outcome.status = status, outcome.signal = signal;
  }
  return failed_ && !before;
}

Children::Outcome Children::wait() {
  // Who lost one of the others ends by himself, with an error of his own. Who does not is told to, then made to.
  constexpr std::chrono::seconds kGrace(5);
  Outcome outcome;
  Clock::time_point deadline = Clock::time_point::max();
  int next = SIGTERM;
  while (any_running()) {
    const timespec tick{0, 200'000'000};
    const int signal = ::sigtimedwait(&watched_, nullptr, &tick);
    if (signal > 0 && signal != SIGCHLD) pass_on(signal == SIGHUP ? SIGTERM : signal);
    if (reap(outcome)) deadline = Clock::now() + kGrace;
    if (Clock::now() < deadline) continue;
    pass_on(next);
    next = SIGKILL;
    deadline = Clock::now() + kGrace;
  }
  if (outcome.rank > 0) outcome.text = content_of(children_[static_cast<size_t>(outcome.rank)].errors);
  return outcome;
}

}  // namespace pare::cli
