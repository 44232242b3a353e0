// What `pare pack`, `inspect` and `unpack` take on a large model, each as a user starts it: seconds, peak memory,
// bytes.
//   pack_bench [FILE.onnx ...]   default: a VGG-16 of random weights, 553 MB
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "core/onnx/onnx.h"
#include "core/zoo/zoo.h"

namespace {

namespace fs = std::filesystem;
using namespace pare;

struct Usage {
  double seconds = 0, peak_megabytes = 0;
};

// Runs `pare` with its output thrown away; a failure ends the benchmark.
Usage run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(PARE_BINARY_DIR) + "/pare");
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    std::vector<char*> words;
    for (std::string& a : arguments) words.push_back(a.data());
    words.push_back(nullptr);
    if (!std::freopen("/dev/null", "w", stdout)) _exit(127);
    execv(words[0], words.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::fprintf(stderr, "pare %s failed\n", arguments[1].c_str());
    std::exit(1);
  }
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          static_cast<double>(usage.ru_maxrss) / 1024};
}

void print(const std::string& network, const char* command, const std::string& threads, Usage usage,
           const fs::path& from, const fs::path& to) {
  const auto megabytes = [](const fs::path& p) { return static_cast<double>(fs::file_size(p)) / 1e6; };
  std::printf("%s,%s,%s,%.3f,%.0f,%.1f,%.1f\n", network.c_str(), command, threads.c_str(), usage.seconds,
              usage.peak_megabytes, megabytes(from), megabytes(to));
  std::fflush(stdout);
}

void measure(const fs::path& onnx, const fs::path& folder) {
  const std::string name = onnx.stem();
  const fs::path packed = folder / "packed.pare", back = folder / "back.onnx";
  for (const std::string threads : {"1", "2"}) {
    print(name, "pack", threads, run({"pack", onnx, "-o", packed, "--threads", threads}), onnx, packed);
    print(name, "unpack", threads, run({"unpack", packed, "-o", back, "--threads", threads}), packed, back);
  }
  Usage best{1e9, 0};
  for (int i = 0; i < 7; ++i) {
    const Usage usage = run({"inspect", packed});
    if (usage.seconds < best.seconds) best = usage;
  }
  print(name, "inspect", "1", best, packed, packed);
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = fs::temp_directory_path() / ("pare-pack-" + std::to_string(getpid()));
  fs::create_directories(folder);
  std::vector<fs::path> paths(argv + 1, argv + argc);
  if (paths.empty()) {
    paths.push_back(folder / "vgg16.onnx");
    export_onnx(build("vgg16", Param::map()), paths[0]);
  }
  std::printf("network,command,threads,seconds,peak MB,from MB,to MB\n");
  std::fflush(stdout);  // or every child would print it again
  for (const fs::path& path : paths) measure(path, folder);
  fs::remove_all(folder);
}
