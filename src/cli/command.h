// One subcommand: a file with a Command row at its end and a line in command_list.def.
#pragma once

#include <string_view>

namespace pare::cli {

class CommandLine;

struct Command {
  std::string_view name, summary;
  std::string_view example;       // shown at the end of --help
  int (*run)(CommandLine& line);  // exit status; errors leave as exceptions
  bool several = false;           // can use several processes (core/world.h); others run in the main one alone
};
const Command* find_command(std::string_view name);

}  // namespace pare::cli
