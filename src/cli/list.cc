// pare list: what there is to choose from.
#include <fmt/format.h>

#include <functional>

#include "cli/command.h"
#include "cli/command_line.h"
#include "compress/prune/channels/criterion.h"
#include "compress/prune/criterion.h"
#include "compress/step.h"
#include "core/data/dataset.h"
#include "core/error.h"
#include "core/op_def.h"
#include "core/passes/pass.h"
#include "core/zoo/zoo.h"
#include "format/codec/codec.h"
#include "train/evaluation.h"

namespace pare::cli {
namespace {

struct Row {
  std::string name, summary;
  std::vector<ParamInfo> options;
};
using Rows = std::vector<Row>;

struct Topic {
  std::string_view name, summary;
  Rows (*rows)();
};

template <class List>
Rows rows_of(const List& list) {
  Rows rows;
  for (const auto* item : list) rows.push_back({std::string(item->name), std::string(item->summary), {}});
  return rows;
}

const Topic topics[] = {
    {"architectures", "networks that `pare new` builds",
     [] {
       Rows rows;
       for (const auto* a : architecture_list())
         rows.push_back({std::string(a->name), fmt::format("{} ({} parameters)", a->summary, grouped(a->parameters)),
                         a->options()});
       return rows;
     }},
    {"steps", "steps of a recipe, with their options",
     [] {
       Rows rows;
       for (const auto* s : step_list()) rows.push_back({std::string(s->name), std::string(s->summary), s->options()});
       return rows;
     }},
    {"criteria", "how pruning scores a weight", [] { return rows_of(criterion_list()); }},
    {"channel_criteria", "how pruning scores a channel", [] { return rows_of(channel_criterion_list()); }},
    {"codecs", "how a tensor is stored in a .pare file", [] { return rows_of(encoder_list()); }},
    {"passes", "lossless rewrites of `pare simplify`", [] { return rows_of(pass_list()); }},
    {"datasets", "kinds of --data",
     [] {
       Rows rows;
       for (const auto& k : data_kinds()) rows.push_back({std::string(k.name), std::string(k.summary), k.options});
       return rows;
     }},
    {"metrics", "what an evaluation measures",
     [] {
       Rows rows;
       for (const FigureDef& f : figure_list()) rows.push_back({std::string(f.name), std::string(f.summary), {}});
       rows.push_back(
           {"command", "the number that a command of yours prints for the network's ONNX file (--metric-command)", {}});
       return rows;
     }},
    {"ops", "ONNX ops that run and train",
     [] {
       Rows rows;
#define PARE_OP(number, kind, onnx_name) \
  rows.push_back({onnx_name, fmt::format("since opset {}", op_def(OpKind::kind)->since), {}});
#include "format/op_list.def"
#undef PARE_OP
       return rows;
     }},
};

struct ListFlags {
  std::string topic;
  bool options = false;
  void visit(ParamVisitor& v) {
    v.field("topic", topic,
            "architectures, steps, criteria, channel_criteria, codecs, passes, datasets, metrics or ops");
    v.field("options", options, "with the options of each entry");
  }
};

int run_list(CommandLine& line) {
  ListFlags o;
  line.parse(o, {{"topic", "TOPIC", false}});
  if (o.topic.empty()) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    std::string text;
    for (const auto& t : topics) {
      json[std::string(t.name)] = t.summary;
      text += fmt::format("  {:<16} {}\n", t.name, t.summary);
    }
    line.print(json, [&] { CommandLine::print_text(text); });
    return 0;
  }
  std::vector<std::string> names;
  for (const auto& t : topics) {
    names.emplace_back(t.name);
    if (t.name != o.topic) continue;
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    std::string text;
    for (const auto& row : t.rows()) {
      json.push_back({{"name", row.name}, {"summary", row.summary}});
      text += fmt::format("  {:<18} {}\n", row.name, row.summary);
      if (o.options && !row.options.empty()) {
        json.back()["options"] = to_json(row.options);
        text += help_text(row.options) + "\n";
      }
    }
    line.print({{std::string(t.name), json}}, [&] { CommandLine::print_text(text); });
    return 0;
  }
  const std::string near = nearest(o.topic, names);
  fail(Code::invalid, "nothing called '{}' to list{}; there is {}", o.topic,
       near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), fmt::join(names, ", "));
}

}  // namespace

extern const Command command_list = {"list", "architectures, steps, criteria, codecs, data sets ...",
                                     "pare list steps --options", run_list};

}  // namespace pare::cli
