#include "report/tables.h"

#include <fmt/format.h>

#include "core/json_text.h"

namespace pare {
namespace {

using Json = nlohmann::ordered_json;

// Reports come from files too: a missing or odd entry is an empty cell, never an error.
const Json& at(const Json& json, std::initializer_list<std::string_view> path) {
  static const Json none;
  const Json* here = &json;
  for (const std::string_view key : path) {
    if (!here->is_object()) return none;
    const auto found = here->find(std::string(key));
    if (found == here->end()) return none;
    here = &*found;
  }
  return *here;
}

std::string text(const Json& json) {
  return json.is_string() ? json.get<std::string>() : json.is_null() ? "" : json_text(json);
}
std::string count(const Json& json) { return json.is_number() ? with_commas(json.get<int64_t>()) : ""; }
std::string real(const Json& json, int digits) {
  return json.is_number() ? fmt::format("{:.{}f}", json.get<double>(), digits) : "";
}
std::string percent(const Json& json) {
  return json.is_number() ? fmt::format("{:.2f} %", 100 * json.get<double>()) : "";
}
std::string seconds(const Json& json) { return json.is_number() ? fmt::format("{:.1f} s", json.get<double>()) : ""; }

// How many times smaller.
std::string times(const Json& before, const Json& after) {
  if (!before.is_number() || !after.is_number() || after.get<double>() <= 0) return "";
  return fmt::format("{:.1f}x", before.get<double>() / after.get<double>());
}

std::string shape(const Json& json) {
  std::string result;
  if (!json.is_array()) return result;
  for (const Json& size : json) result += (result.empty() ? "" : "x") + text(size);
  return result;
}

// The last training run's record of an epoch: of the step that trained longest, since sweeps compare its curves.
const Json& record_at(const Json& row, double epoch) {
  static const Json none;
  const Json* curve = nullptr;
  for (const Json& step : at(row, {"steps"})) {
    const Json& history = at(step, {"history"});
    if (history.is_array() && (!curve || history.size() >= curve->size()) && !history.empty()) curve = &history;
  }
  if (!curve) return none;
  for (const Json& record : *curve) {
    if (at(record, {"epoch"}).is_number() && at(record, {"epoch"}).get<double>() == epoch) return record;
  }
  return none;
}

// Train and test seconds of all training in a row.
double total_seconds(const Json& row, std::initializer_list<std::string_view> of) {
  double sum = 0;
  for (const Json& step : at(row, {"steps"})) {
    for (const Json& record : at(step, {"history"})) {
      if (const Json& value = at(record, of); value.is_number()) sum += value.get<double>();
    }
  }
  return sum;
}

// The figure that an evaluation is judged by: accuracy, or the mean squared error of values.
std::string quality(const Json& evaluation) {
  const Json& error = at(evaluation, {"mse"});
  return error.is_number() ? fmt::format("{:.6g}", error.get<double>()) : percent(at(evaluation, {"top1"}));
}
std::string answers(const Json& evaluation) {
  const Json& pixels = at(evaluation, {"pixels"});
  return count(pixels.is_null() ? at(evaluation, {"samples"}) : pixels);
}

// A number of somebody else's: as many digits as say something.
std::string metric(const Json& figures) {
  const Json& value = at(figures, {"metric", "value"});
  return value.is_number() ? fmt::format("{:.6g}", value.get<double>()) : "";
}

bool has_metric(const Json& report) {
  for (const Json& row : at(report, {"rows"}))
    if (!metric(at(row, {"after"})).empty()) return true;
  return false;
}

}  // namespace

std::string with_commas(int64_t number) {
  std::string digits = std::to_string(number);
  const size_t first = digits[0] == '-' ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

ReportTable before_and_after(const Json& row) {
  const Json &before = at(row, {"before"}), &after = at(row, {"after"});
  ReportTable table{"Before and after", {"", "before", "after", "smaller"}, {}};
  const auto counted = [&](const char* label, std::string_view key) {
    table.rows.push_back(
        {label, count(at(before, {key})), count(at(after, {key})), times(at(before, {key}), at(after, {key}))});
  };
  counted("ONNX file, bytes", "onnx_bytes");
  counted(".pare file, bytes", "pare_bytes");
  table.rows.push_back(
      {"ONNX before to .pare after", "", "", times(at(before, {"onnx_bytes"}), at(after, {"pare_bytes"}))});
  counted("parameters", "parameters");
  counted("non-zeros", "nonzeros");
  counted("multiply-adds per sample", "macs");
  if (!metric(before).empty() || !metric(after).empty())
    table.rows.push_back({"metric: " + text(at(after, {"metric", "name"})), metric(before), metric(after), ""});
  for (const std::string_view part : {"validation", "test"}) {
    const Json &was = at(before, {part}), &is = at(after, {part});
    if (was.is_null() && is.is_null()) continue;
    const std::string name(part);
    if (!at(is, {"mse"}).is_null()) {
      table.rows.push_back({name + " squared error", quality(was), quality(is), ""});
      continue;
    }
    table.rows.push_back({name + " accuracy", quality(was), quality(is), ""});
    if (!at(is, {"mean_iou"}).is_null())
      table.rows.push_back({name + " mean IoU", percent(at(was, {"mean_iou"})), percent(at(is, {"mean_iou"})), ""});
    table.rows.push_back({name + " correct", fmt::format("{} / {}", count(at(was, {"correct"})), answers(was)),
                          fmt::format("{} / {}", count(at(is, {"correct"})), answers(is)), ""});
    table.rows.push_back({name + " loss", real(at(before, {part, "loss"}), 4), real(at(after, {part, "loss"}), 4), ""});
  }
  return table;
}

ReportTable step_table(const Json& row) {
  ReportTable table{"Steps", {"step", "epochs", "time", "non-zeros", ".pare bytes", "validation"}, {}};
  for (const Json& step : at(row, {"steps"})) {
    const Json& history = at(step, {"history"});
    table.rows.push_back({text(at(step, {"step"})), history.empty() ? "" : std::to_string(history.size()),
                          seconds(at(step, {"seconds"})), count(at(step, {"figures", "nonzeros"})),
                          count(at(step, {"figures", "pare_bytes"})), quality(at(step, {"figures", "validation"}))});
  }
  return table;
}

ReportTable layer_table(const Json& row) {
  ReportTable table{
      "Layers", {"layer", "op", "shape", "parameters", "non-zeros", "kept", "bits", "bytes", "codec"}, {}};
  for (const Json& layer : at(row, {"layers"})) {
    const Json &all = at(layer, {"parameters"}), &left = at(layer, {"nonzeros"});
    std::string kept;
    if (all.is_number() && left.is_number() && all.get<double>() > 0)
      kept = fmt::format("{:.1f} %", 100 * left.get<double>() / all.get<double>());
    table.rows.push_back({text(at(layer, {"name"})), text(at(layer, {"op"})), shape(at(layer, {"shape"})), count(all),
                          count(left), kept, real(at(layer, {"bits"}), 0), count(at(layer, {"bytes"})),
                          text(at(layer, {"codec"}))});
  }
  return table;
}

ReportTable row_table(const Json& report) {
  ReportTable table{
      "Rows",
      {"row", ".pare bytes", "smaller", "non-zeros", "validation", "test", "test correct", "train time", "test time"},
      {}};
  const bool judged = has_metric(report);
  if (judged) table.header.push_back("metric");
  const Json& marks = at(report, {"figures_at"});
  for (const Json& mark : marks) {
    const std::string epoch = "epoch " + text(mark.is_number() ? Json(mark.get<int64_t>()) : mark);
    for (const char* what : {"loss", "validation", "test", "correct"}) table.header.push_back(epoch + " " + what);
  }
  for (const Json& row : at(report, {"rows"})) {
    const Json& after = at(row, {"after"});
    const Json& ratio = at(row, {"ratio"});
    std::vector<std::string> cells{text(at(row, {"name"})),
                                   count(at(after, {"pare_bytes"})),
                                   ratio.is_number() ? real(ratio, 1) + "x" : "",
                                   count(at(after, {"nonzeros"})),
                                   quality(at(after, {"validation"})),
                                   quality(at(after, {"test"})),
                                   count(at(after, {"test", "correct"})),
                                   fmt::format("{:.1f} s", total_seconds(row, {"train_seconds"})),
                                   seconds(at(after, {"test", "seconds"}))};
    if (judged) cells.push_back(metric(after));
    for (const Json& mark : marks) {
      const Json& record = record_at(row, mark.is_number() ? mark.get<double>() : 0);
      cells.push_back(real(at(record, {"train_loss"}), 4));
      cells.push_back(quality(at(record, {"validation"})));
      cells.push_back(quality(at(record, {"test"})));
      cells.push_back(count(at(record, {"test", "correct"})));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

ReportTable facts(const Json& report) {
  ReportTable table{"Run", {"", ""}, {}};
  const auto fact = [&](const char* label, const std::string& value) {
    if (!value.empty()) table.rows.push_back({label, value});
  };
  fact("command", text(at(report, {"command"})));
  fact("model", text(at(report, {"model"})));
  fact("recipe", text(at(report, {"recipe"})));
  fact("data", text(at(report, {"data"})));
  fact("seed", text(at(report, {"seed"})));
  fact("pare", text(at(report, {"pare"})));
  fact("engine", text(at(report, {"engine"})));
  fact("machine",
       fmt::format("{}, {} cores", text(at(report, {"machine", "cpu"})), text(at(report, {"machine", "cores"}))));
  fact("time", seconds(at(report, {"seconds"})));
  return table;
}

std::vector<std::string> warnings(const Json& row) {
  std::vector<std::string> list;
  for (const Json& step : at(row, {"steps"})) {
    for (const Json& warning : at(step, {"warnings"})) list.push_back(text(at(step, {"step"})) + ": " + text(warning));
  }
  return list;
}

}  // namespace pare
