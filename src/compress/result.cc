#include "compress/result.h"

#include <cctype>
#include <optional>

#include "core/error.h"
#include "core/model_file.h"
#include "core/pack/pack.h"

namespace pare {
namespace {

using Json = nlohmann::ordered_json;

// What a network is judged by, more is better: its metric when one was chosen, else validation accuracy in percent, or
// the mean squared error below 0 where targets are values.
std::optional<double> quality(const Json& figures) {
  if (figures.contains("metric")) {
    const double value = figures["metric"]["value"].get<double>();
    return figures["metric"]["larger_is_better"].get<bool>() ? value : -value;
  }
  if (!figures.contains("validation")) return {};
  const Json& validation = figures["validation"];
  return validation.contains("mse") ? -validation["mse"].get<double>() : 100 * validation["top1"].get<double>();
}

double accuracy(const RowResult& row) { return quality(row.report["after"]).value_or(0); }

uint64_t bytes(const RowResult& row) { return row.report["after"]["pare_bytes"].get<uint64_t>(); }

bool better(const RowResult& row, const RowResult& best, bool budget) {
  if (row.goal_reached != best.goal_reached) return row.goal_reached;
  if (budget && row.goal_reached) return bytes(row) < bytes(best);
  return accuracy(row) != accuracy(best) ? accuracy(row) > accuracy(best) : bytes(row) < bytes(best);
}

}  // namespace

std::string row_folder(size_t row, const std::string& name) {
  constexpr size_t kLongest = 80;
  if (name.empty()) return "";
  std::string text = fmt::format("row-{:02}-", row + 1);
  for (const char c : name.substr(0, kLongest)) {
    text += std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' ? c : '-';
  }
  return text + "/";
}

void judge(RunResult& result, std::optional<double> max_drop) {
  constexpr double kRounding = 1e-9;
  for (RowResult& row : result.rows) {
    Json& json = row.report;
    const Json &before = json["before"], &after = json["after"];
    json["ratio"] = before["onnx_bytes"].get<double>() / after["pare_bytes"].get<double>();
    if (const auto was = quality(before), is = quality(after); was && is) json["drop"] = *was - *is;
    row.goal_reached = !max_drop || (json.contains("drop") && json["drop"].get<double>() <= *max_drop + kRounding);
    json["goal_reached"] = row.goal_reached;
  }
  for (size_t i = 1; i < result.rows.size(); ++i) {
    if (better(result.rows[i], result.rows[result.best], max_drop.has_value())) result.best = i;
  }
  result.goal_reached = result.rows[result.best].goal_reached;
}

RunResult finished_run(const OutputFolder& folder) {
  RunResult result;
  result.report = folder.report();
  folder.drop_checkpoint();
  try {
    const Json& rows = result.report.at("rows");
    for (size_t i = 0; i < rows.size(); ++i) {
      RowResult row;
      row.name = rows[i].at("name").get<std::string>();
      row.graph = load_model(folder.path(row_folder(i, row.name) + "model.pare"));
      row.goal_reached = rows[i].at("goal_reached").get<bool>();
      row.report = rows[i];
      result.rows.push_back(std::move(row));
    }
    result.best = result.report.at("best").get<size_t>();
    result.goal_reached = result.report.at("goal_reached").get<bool>();
  } catch (const nlohmann::json::exception& e) {
    fail(Code::corrupt, "{}: {}", folder.path("report.json"), e.what());
  }
  ensure(result.best < result.rows.size(), "{}: best is no row", folder.path("report.json"));
  return result;
}

}  // namespace pare
