// pare new: a network by name, with fresh weights.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/command_line.h"
#include "core/cost.h"
#include "core/error.h"
#include "core/onnx/onnx.h"
#include "core/zoo/zoo.h"

namespace pare::cli {
namespace {

struct NewOptions {
  std::string architecture, output;
  std::vector<std::string> set;
  int64_t classes = 0, size = 0, seed = 1;
  bool help_options = false;
  void visit(ParamVisitor& v) {
    v.field("architecture", architecture, "name from `pare list architectures`");
    v.field("output", output, "file to write (.onnx)");
    v.field("classes", classes, "number of classes; 0 for the architecture's own", {0, 1e6});
    v.field("size", size, "height and width of the input; 0 for the architecture's own", {0, 4096});
    v.field("set", set, "other options of the architecture: NAME=VALUE");
    v.field("options", help_options, "print the architecture's options and stop");
    v.field("seed", seed, "of the initial weights", {0, 9e15});
  }
};

int run_new(CommandLine& line) {
  NewOptions o;
  line.parse(o, {{"architecture", "ARCHITECTURE"}});
  if (o.help_options) {
    const Architecture* a = find_architecture(o.architecture);
    if (!a) build(o.architecture);  // fails with the nearest name
    line.print({{"name", a->name}, {"options", to_json(a->options())}}, [&] {
      CommandLine::print_text(fmt::format("{}: {}\n{}", a->name, a->summary, help_text(a->options())));
    });
    return 0;
  }
  ensure(!o.output.empty(), "say where to write the network: -o FILE.onnx");
  need_kind(o.output, ".onnx");
  Param params = Param::map();
  if (o.classes > 0) params.set("classes", Param::text(fmt::format("{}", o.classes), "--classes"));
  if (o.size > 0) params.set("size", Param::text(fmt::format("{}", o.size), "--size"));
  for (const auto& item : o.set) {
    const size_t equals = item.find('=');
    ensure(equals != std::string::npos && equals > 0, "--set {}: expected NAME=VALUE", item);
    params.set(item.substr(0, equals), Param::text(item.substr(equals + 1), "--set"));
  }
  const Graph graph = build(o.architecture, params, static_cast<uint64_t>(o.seed));
  export_onnx(graph, o.output);
  const NetworkCost c = cost(graph);
  line.print({{"file", o.output},
              {"architecture", o.architecture},
              {"parameters", c.parameters},
              {"macs", c.macs},
              {"seed", o.seed}},
             [&] {
               CommandLine::print_text(fmt::format("{}: {}, {} parameters, {} multiply-accumulates\n", o.output,
                                                   o.architecture, grouped(c.parameters), grouped(c.macs)));
             });
  return 0;
}

}  // namespace

extern const Command command_new = {"new", "make a network with fresh weights", "pare new lenet5-caffe -o net.onnx",
                                    run_new};

}  // namespace pare::cli
