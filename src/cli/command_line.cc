#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "core/error.h"
#include "core/json_text.h"

namespace pare::cli {
namespace {

std::string flag_of(std::string_view field) {
  std::string flag = "--" + std::string(field);
  std::replace(flag.begin() + 2, flag.end(), '_', '-');
  if (field == "output") flag = "-o,--output";
  if (field == "processes") flag = "-n,--processes";
  return flag;
}

// Declares one flag (or positional) per field. Texts are kept and read afterwards through read_params, so limits,
// choices and messages are the same as in recipes.
// CLI11 marks the name that turns a flag off with "{false}", which says nothing to who reads the help.
class HelpText : public CLI::Formatter {
 public:
  std::string make_option_name(const CLI::Option* option, bool positional) const override {
    std::string name = CLI::Formatter::make_option_name(option, positional);
    if (const size_t mark = name.find("{false}"); mark != std::string::npos) name.erase(mark, 7);
    return name;
  }
};

class Declare : public ParamVisitor {
 public:
  struct Entry {
    std::string name, metavar, text;
    std::vector<std::string> list;
    bool is_list = false, is_bool = false, flag = false;
    CLI::Option* option = nullptr;
  };
  Declare(CLI::App& app, std::initializer_list<Positional> positionals) : app_(app), positionals_(positionals) {}

  void field(std::string_view name, bool& value, std::string_view help) override {
    auto& e = entry(name);
    e.is_bool = true;
    std::string flag = flag_of(name);
    // A flag that is on by default can be said off: --no-name.
    std::string text(help);
    if (value) {
      text += " (default: on)";
      e.option = app_.add_flag(flag + ",!--no-" + flag.substr(2), e.flag, text);
      e.option->option_text(" ");
      return;
    }
    e.option = app_.add_flag(flag, e.flag, text);
  }
  void field(std::string_view name, int64_t& value, std::string_view help, Limits) override {
    add(name, help, "N", fmt::format("{}", value));
  }
  void field(std::string_view name, double& value, std::string_view help, Limits) override {
    add(name, help, "X", fmt::format("{}", value));
  }
  void field(std::string_view name, std::string& value, std::string_view help, Choices choices) override {
    std::string all;
    for (const auto choice : choices) all += (all.empty() ? "" : "|") + std::string(choice);
    add(name, help, all.empty() ? "TEXT" : all, value);
  }
  void field(std::string_view name, std::vector<std::string>& value, std::string_view help) override {
    add_list(name, help, "TEXT", fmt::format("{}", fmt::join(value, " ")));
  }
  void field(std::string_view name, std::vector<double>& value, std::string_view help, Limits) override {
    add_list(name, help, "X", fmt::format("{}", fmt::join(value, " ")));
  }
  void field(std::string_view name, PerLayer<double>& value, std::string_view help, Limits) override {
    add(name, help, "X|{layer: X}", fmt::format("{}", value.otherwise));
  }
  void field(std::string_view name, PerLayer<int64_t>& value, std::string_view help, Limits) override {
    add(name, help, "N|{layer: N}", fmt::format("{}", value.otherwise));
  }
  void field(std::string_view name, Param&, std::string_view help) override { add(name, help, "YAML", ""); }

  // What was given, as a map that read_params understands. Text of tree-valued fields is YAML.
  Param given() const {
    Param map = Param::map();
    for (const auto& e : entries_) {
      if (e->option->count() == 0) continue;
      const std::string where = "--" + e->name;
      if (e->is_bool) {
        map.set(e->name, Param::text(e->flag ? "true" : "false", where));
      } else if (e->is_list) {
        Param list;
        list.kind = Param::Kind::list;
        list.where = where;
        for (const auto& item : e->list) list.items.push_back(Param::text(item, where));
        map.set(e->name, list);
      } else if (!e->text.empty() && (e->text[0] == '{' || e->text[0] == '[')) {
        map.set(e->name, param_from_yaml(e->text, where));
      } else {
        map.set(e->name, Param::text(e->text, where));
      }
    }
    return map;
  }

 private:
  Entry& entry(std::string_view name) {
    entries_.push_back(std::make_unique<Entry>());
    entries_.back()->name = name;
    return *entries_.back();
  }
  const Positional* positional(std::string_view name) const {
    for (const auto& p : positionals_)
      if (p.field == name) return &p;
    return nullptr;
  }
  void add(std::string_view name, std::string_view help, std::string metavar, const std::string& otherwise) {
    auto& e = entry(name);
    const Positional* p = positional(name);
    e.option = app_.add_option(p ? std::string(p->metavar) : flag_of(name), e.text, std::string(help));
    finish(e, p, metavar, otherwise);
  }
  void add_list(std::string_view name, std::string_view help, std::string metavar, const std::string& otherwise) {
    auto& e = entry(name);
    e.is_list = true;
    const Positional* p = positional(name);
    e.option = app_.add_option(p ? std::string(p->metavar) : flag_of(name), e.list, std::string(help));
    e.option->allow_extra_args(true);
    if (!p) e.option->delimiter(',');
    finish(e, p, metavar + (p ? "" : ",..."), otherwise);
  }
  static void finish(Entry& e, const Positional* p, const std::string& metavar, const std::string& otherwise) {
    e.option->option_text(p ? "" : otherwise.empty() ? metavar : fmt::format("{} [{}]", metavar, otherwise));
    if (p && p->required) e.option->required();
  }

  CLI::App& app_;
  std::vector<Positional> positionals_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace

CommandLine::CommandLine(const Command& command, std::vector<std::string> arguments)
    : command_(command), arguments_(std::move(arguments)) {}

std::string CommandLine::text() const {
  std::string text = "pare " + std::string(command_.name);
  for (const auto& argument : arguments_) {
    const bool plain = argument.find_first_of(" '\"{}[]*?$\\") == std::string::npos && !argument.empty();
    text += plain ? " " + argument : " '" + argument + "'";
  }
  return text;
}

std::vector<std::string> CommandLine::take_rest() {
  const auto mark = std::find(arguments_.begin(), arguments_.end(), "--");
  if (mark == arguments_.end()) return {};
  std::vector<std::string> rest(mark + 1, arguments_.end());
  arguments_.erase(mark, arguments_.end());
  return rest;
}

void CommandLine::parse_with(const VisitFields& visit, std::initializer_list<Positional> positionals) {
  CLI::App app{std::string(command_.summary), "pare " + std::string(command_.name)};
  app.formatter(std::make_shared<HelpText>());
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("REQUIRED", "");
  app.set_help_flag("-h,--help", "this text");
  Declare declare(app, positionals);
  visit(declare);
  bool quiet = false;
  app.add_flag("--json", json, "print one JSON object on stdout and nothing else");
  app.add_flag("--quiet", quiet, "no progress and no log lines");
  if (!command_.example.empty()) app.footer("Example:\n  " + std::string(command_.example));
  std::vector<std::string> reversed(arguments_.rbegin(), arguments_.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    print_text(app.help());
    throw Exit{0};
  } catch (const CLI::ParseError& e) {
    fail(Code::invalid, "{} (see `pare {} --help`)", e.what(), command_.name);
  }
  terminal_.set_quiet(quiet);
  read_params_with(declare.given(), visit);
}

void CommandLine::print_json(const nlohmann::ordered_json& object) { print_text(json_text(object, 2) + "\n"); }

void CommandLine::print_text(std::string_view text) {
  if (!is_main()) return;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) fail(Code::io, "cannot write to the standard output");
}

void need_kind(const std::string& path, std::string_view ending) {
  const bool other = path.ends_with(ending == ".onnx" ? ".pare" : ".onnx");
  ensure(!other, "{}: this command writes {} files (`pare convert` changes the kind)", path, ending);
}

PreprocessingOverride PreprocessingFlags::preprocessing_override() const {
  return {.scale = scale > 0 ? std::optional(scale) : std::nullopt, .mean = mean, .std = std, .order = order};
}

DataOptions DataFlags::data_options(const Graph* model) const {
  DataOptions options;
  options.validation = validation;
  options.take = take;
  if (model) fit_to_model(*model, options);
  options.preprocessing_override = preprocessing_override();
  return options;
}

Data DataFlags::open(const Graph* model) const {
  ensure(!data.empty(), "no data given: add --data KIND:PATH (see `pare list datasets`)");
  Data opened = open_data(data, data_options(model));
  if (model) check_data(*model, opened);
  return opened;
}

}  // namespace pare::cli
