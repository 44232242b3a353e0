#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "compress/metric.h"
#include "core/error.h"
#include "core/process.h"

namespace pare {
namespace {

// A folder of its own, for nobody else to read, that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "pare-metric-XXXXXX").string();
    if (!mkdtemp(name.data())) fail(Code::io, "cannot make a folder {}", name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

std::string trimmed(const std::string& text) {
  constexpr const char* kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string last_line(const std::string& text) {
  const std::string all = trimmed(text);
  const size_t line = all.rfind('\n');
  return trimmed(line == std::string::npos ? all : all.substr(line + 1));
}

std::optional<double> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

// The end of stderr on one line, for a message.
std::string excerpt(const std::string& err) {
  constexpr size_t kMost = 400;
  std::string text = trimmed(err);
  const bool cut = text.size() > kMost;
  if (cut) text.erase(0, text.size() - kMost);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ') c = c == '\n' ? '|' : ' ';
  return text.empty() ? "; it wrote nothing to stderr" : fmt::format("; stderr ends: {}{}", cut ? "..." : "", text);
}

class CommandMetric final : public Metric {
 public:
  CommandMetric(const MetricOptions& options, const ExportOptions& how) : options_(options), how_(how) {
    const std::string& text = options.metric_command;
    const bool places = text.find("$1") != std::string::npos || text.find("${1") != std::string::npos ||
                        text.find("$@") != std::string::npos || text.find("$*") != std::string::npos;
    command_ = places ? text : text + " \"$@\"";
  }
  std::string name() const override { return "command"; }
  std::string identity() const override { return options_.metric_command; }

  double measure(const Graph& graph, Progress& progress) override {
    const TemporaryFolder folder;
    const std::string path = folder / "model.onnx";
    export_onnx(graph, path, how_);
    Stage stage(progress, "metric command", 0);
    const ProcessResult result = run_shell(command_, {path}, options_.metric_timeout, progress);
    const auto refuse = [&](const std::string& why) {
      fail(Code::invalid, "metric command '{}' {}{}", options_.metric_command, why, excerpt(result.err));
    };
    if (result.timed_out) refuse(fmt::format("took longer than {} s (--metric-timeout)", options_.metric_timeout));
    if (result.status != 0) refuse(fmt::format("ended with status {}", result.status));
    const std::string line = last_line(result.out);
    const std::optional<double> value = number(line);
    if (!value)
      refuse(line.empty() ? "printed nothing"
                          : fmt::format("ended with '{}' where a number was due", line.substr(0, 80)));
    return *value;
  }

 private:
  MetricOptions options_;
  ExportOptions how_;
  std::string command_;
};

}  // namespace

std::unique_ptr<Metric> command_metric(const MetricOptions& options, const ExportOptions& how) {
  if (options.metric_command.empty()) return nullptr;
  return std::make_unique<CommandMetric>(options, how);
}

}  // namespace pare
