// Arguments of one subcommand. Options structs declare themselves with visit() (core/params.h); a field `max_drop`
// is the flag --max-drop. Only command_line.cc knows the flag library.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/terminal.h"
#include "core/params.h"
#include "core/world.h"
#include "train/engine.h"

namespace pare::cli {

// Thrown by parse for --help and wrong usage; main() returns the status.
struct Exit {
  int status;
};

struct Positional {
  std::string_view field;    // name of the field it fills
  std::string_view metavar;  // as shown in help: MODEL
  bool required = true;
};

class CommandLine {
 public:
  CommandLine(const struct Command& command, std::vector<std::string> arguments);

  // Fills options from the arguments; prints help or a usage error and throws Exit. `short_flags`: {"output", "o"}.
  template <class Options>
  void parse(Options& options, std::initializer_list<Positional> positionals = {}) {
    parse_with([&](ParamVisitor& v) { options.visit(v); }, positionals);
  }

  // Takes away and returns what follows a first "--".
  std::vector<std::string> take_rest();

  bool json = false;  // --json
  Terminal& terminal() { return terminal_; }
  Progress& progress() { return terminal_.progress(); }
  // The command as typed, for reports.
  std::string text() const;
  // With --json prints the object, else calls `text`.
  template <class Text>
  void print(const nlohmann::ordered_json& object, Text&& text) {
    if (!is_main()) return;
    if (json)
      print_json(object);
    else
      text();
  }
  // Of several processes, only the main one prints.
  static void print_json(const nlohmann::ordered_json& object);
  static void print_text(std::string_view text);

 private:
  void parse_with(const VisitFields& visit, std::initializer_list<Positional> positionals);
  const Command& command_;
  std::vector<std::string> arguments_;
  Terminal terminal_;
};

template <class V>
void visit_threads(V& v, int64_t& threads) {
  v.field("threads", threads, "threads of computation; 0 for one per core", {0, 1024});
}

// Flags of commands that open the engine.
struct EngineFlags {
  int64_t threads = 0;
  std::string device = "auto";
  template <class V>
  void visit(V& v) {
    visit_threads(v, threads);
    v.field("device", device, "cpu, cuda, cuda:N, or auto");
  }
  EngineOptions engine_options() const { return {.device = device, .threads = static_cast<int>(threads)}; }
};

// Flags of commands that several processes can run together.
struct SharedEngineFlags : EngineFlags {
  double timeout = 300;
  template <class V>
  void visit(V& v) {
    EngineFlags::visit(v);
    v.field("timeout", timeout, "seconds without an answer after which another process of the run counts as dead",
            {1, 1e6});
  }
  EngineOptions engine_options() const {
    EngineOptions options = EngineFlags::engine_options();
    options.world = world();
    options.timeout = timeout;
    return options;
  }
};

// Flags that say how a foreign model wants its input; each overrides what the model or the data set says.
struct PreprocessingFlags {
  double scale = 0;
  std::vector<double> mean, std;
  std::string order;
  template <class V>
  void visit(V& v) {
    v.field("scale", scale, "preprocessing: factor on 0..255 values; 0 for the model's own or the data set's",
            {0, 1e9});
    v.field("mean", mean, "preprocessing: mean per channel, subtracted after scaling");
    v.field("std", std, "preprocessing: standard deviation per channel", {1e-12, 1e12});
    v.field("order", order, "preprocessing: channel order, RGB, BGR or L");
  }
  PreprocessingOverride preprocessing_override() const;
};

// Data for a model: the model's own preprocessing, overridden by flags, else the data set's default.
struct DataFlags : PreprocessingFlags {
  std::string data;
  int64_t validation = 5000;
  int64_t take = 0;
  template <class V>
  void visit(V& v) {
    v.field("data", data, "data set: KIND:PATH (see `pare list datasets`)");
    v.field("validation", validation, "training samples held out for validation", {0, 1e9});
    v.field("take", take, "use only the first N training samples; 0 for all", {0, 1e9});
    PreprocessingFlags::visit(v);
  }
  DataOptions data_options(const Graph* model) const;
  Data open(const Graph* model) const;  // Error(invalid) when --data is missing
};

// Error(invalid) when the ending of an output file names the other kind of model than the one that is written.
void need_kind(const std::string& path, std::string_view ending);

}  // namespace pare::cli
