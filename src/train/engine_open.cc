// Finds and opens the engine module, so that commands that need no LibTorch never load it.
#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"
#include "train/engine.h"

namespace pare {
namespace {

namespace fs = std::filesystem;
constexpr const char* kModule = "libpare_engine_torch.so";

// Beside this library (a build folder), below it (an installation), and where the installation was configured to be.
std::vector<fs::path> candidates() {
  if (const char* given = std::getenv("PARE_ENGINE"); given && *given)
    return {fs::is_directory(given) ? fs::path(given) / kModule : fs::path(given)};
  std::vector<fs::path> folders;
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&open_engine), &info) && info.dli_fname) {
    const fs::path here = fs::absolute(info.dli_fname).parent_path();
    folders.insert(folders.end(), {here, here / "pare"});
  }
  std::error_code ignored;
  if (const fs::path program = fs::read_symlink("/proc/self/exe", ignored); !ignored) {
    const fs::path here = program.parent_path();
    folders.insert(folders.end(), {here, here / ".." / "lib" / "pare"});
  }
  folders.emplace_back(PARE_MODULE_FOLDER);
  for (fs::path& folder : folders) folder /= kModule;
  return folders;
}

}  // namespace

std::shared_ptr<Engine> open_engine(const EngineOptions& options) {
  // Threads that wait by spinning make a step ten times slower when another program keeps a core busy. OpenMP reads
  // this when its library is loaded: it has no effect in a process where libgomp is loaded before (by LD_PRELOAD, or
  // because the program itself links it).
  setenv("OMP_WAIT_POLICY", "PASSIVE", /*overwrite=*/0);
  // c10d writes each failed attempt to connect to stderr; what counts comes back as an error.
  if (options.world.several()) setenv("GLOG_minloglevel", "3", 0), setenv("TORCH_CPP_LOG_LEVEL", "FATAL", 0);
  std::string reason;
  for (const fs::path& path : candidates()) {
    if (!fs::exists(path)) continue;
    void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // stays open: its objects outlive every engine
    if (!module) {
      reason = dlerror();
      continue;
    }
    const auto make = reinterpret_cast<MakeEngine>(dlsym(module, "pare_make_engine"));
    if (!make) fail(Code::missing, "{} is not an engine of this version", path.string());
    return std::shared_ptr<Engine>(make(options));
  }
  if (reason.empty()) reason = std::string(kModule) + " was not found";
  fail(Code::missing,
       "training and evaluation need LibTorch: {} (Debian package libtorch-dev; pare must be built with it)", reason);
}

}  // namespace pare
