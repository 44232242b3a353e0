// pare: one executable, a table of subcommands (command_list.def).
#include <fmt/format.h>

#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/command_line.h"
#include "core/error.h"
#include "core/params.h"
#include "core/world.h"

namespace pare::cli {

#define PARE_COMMAND(name) extern const Command command_##name;
#include "cli/command_list.def"
#undef PARE_COMMAND

namespace {

const Command* const commands[] = {
#define PARE_COMMAND(name) &command_##name,
#include "cli/command_list.def"
#undef PARE_COMMAND
};

std::string overview() {
  std::string text =
      "pare " PARE_VERSION ": makes trained networks small and fast\n\nUsage: pare COMMAND [options]\n\n";
  for (const auto* command : commands) text += fmt::format("  {:<10} {}\n", command->name, command->summary);
  return text + "\n`pare COMMAND --help` explains one. MODEL is .onnx or .pare everywhere.\n";
}

int report(const Error& error, std::string_view command, bool json) {
  if (json) CommandLine::print_json({{"error", {{"status", exit_status(error.code())}, {"message", error.what()}}}});
  if (is_main())
    fmt::print(stderr, "pare {}: {}\n", command, error.what());
  else
    fmt::print(stderr, "pare {}, rank {}: {}\n", command, world().rank, error.what());
  return exit_status(error.code());
}

int main_with(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    CommandLine::print_text(overview());
    return arguments.empty() ? 2 : 0;
  }
  if (arguments[0] == "--version") {
    CommandLine::print_text("pare " PARE_VERSION "\n");
    return 0;
  }
  const Command* command = find_command(arguments[0]);
  if (!command) {
    std::vector<std::string> names;
    for (const auto* c : commands) names.emplace_back(c->name);
    const std::string near = nearest(arguments[0], names);
    fmt::print(stderr, "pare: unknown command '{}'{}; see `pare --help`\n", arguments[0],
               near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
    return 2;
  }
  try {
    World here = world_from_environment();
    if (!command->several && !here.is_main()) return 0;
    if (command->several) set_world(std::move(here));
  } catch (const Error& e) {
    return report(e, command->name, /*json=*/false);
  }
  arguments.erase(arguments.begin());
  CommandLine line(*command, std::move(arguments));
  try {
    return command->run(line);
  } catch (const Exit& e) {
    return e.status;
  } catch (const Error& e) {
    return report(e, command->name, line.json);
  } catch (const std::bad_alloc&) {
    return report(Error(Code::io, "out of memory"), command->name, line.json);
  } catch (const std::exception& e) {
    return report(Error(Code::internal, e.what()), command->name, line.json);
  }
}

}  // namespace

const Command* find_command(std::string_view name) {
  for (const auto* command : commands)
    if (command->name == name) return command;
  return nullptr;
}

}  // namespace pare::cli

int main(int argc, char** argv) {
  pare::cli::Terminal::catch_interrupts();
  try {
    return pare::cli::main_with({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    fmt::print(stderr, "pare: {}\n", e.what());
    return 4;
  }
}
