// Runs the built `pare` the way a user does, through the shell, and collects status, stdout and stderr.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace pare::test {

struct CommandResult {
  int status = -1;
  std::string out, err;
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// A fresh folder that goes away with the object.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "pare-test-XXXXXX").string();
    if (!mkdtemp(name.data())) std::abort();
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// `arguments` as typed after "pare "; `before` is shell text in front of it (ulimit ...;).
inline CommandResult pare(const std::string& arguments, const std::string& before = "") {
  TempFolder folder;
  const std::string command =
      before + " '" PARE_BINARY_DIR "/pare' " + arguments + " > '" + folder / "out" + "' 2> '" + folder / "err" + "'";
  const int raw = std::system(command.c_str());
  CommandResult result;
  result.status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
  result.out = read_text(folder / "out");
  result.err = read_text(folder / "err");
  return result;
}

// The folder with shared data and models, or "" when it is absent (tests that need it skip).
inline std::string shared_folder() {
  const char* named = std::getenv("PARE_SHARED");
  const std::filesystem::path path = named ? named : PARE_SOURCE_DIR "/../shared";
  return std::filesystem::exists(path) ? path.string() : "";
}

}  // namespace pare::test
