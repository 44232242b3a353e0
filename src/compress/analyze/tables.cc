#include "compress/analyze/tables.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "report/report.h"
#include "report/tables.h"

namespace pare {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kCurves = {{
    {"channels", "channels removed of a group alone, those of least L1 norm"},
    {"weights", "weights removed of a layer alone, the smallest"},
    {"bits", "bits of a layer's weights alone, on evenly spaced levels"},
}};

std::string number(const Json& row, std::string_view field) {
  const auto found = row.find(field);
  return found == row.end() || found->is_null() ? "" : with_commas(found->get<int64_t>());
}

std::string joined(const Json& list, std::string_view between) {
  std::string text;
  for (const Json& item : list) {
    if (!text.empty()) text += between;
    text += item.is_string() ? item.get<std::string>() : item.dump();
  }
  return text;
}

std::string table_of_layers(const Json& analysis) {
  TextTable table({"layer", "op", "shape", "parameters", "MACs", "bytes", "rank"});
  for (const Json& row : analysis["layers"]) {
    const std::string rank = number(row, "rank"), full = number(row, "full_rank");
    table.add({row["name"].get<std::string>(), row["op"].get<std::string>(), joined(row["shape"], "x"),
               number(row, "parameters"), number(row, "macs"), number(row, "bytes"),
               rank.empty()   ? ""
               : rank == full ? rank
                              : rank + " of " + full});
  }
  return table.str();
}

std::string table_of_groups(const Json& analysis) {
  TextTable table({"group", "channels", "dead", "constant", "duplicate", "made by", "read by"});
  for (const Json& row : analysis["groups"])
    table.add({row["name"].get<std::string>(), number(row, "channels"), number(row, "dead"), number(row, "constant"),
               number(row, "duplicate"), fmt::format("{}", row["made_by"].size()),
               fmt::format("{}", row["read_by"].size())});
  return table.str();
}

std::string at_text(const Json& point) {
  return point.contains("bits") ? fmt::format("{:.0f}", point["bits"].get<double>())
                                : fmt::format("{:.0f} %", 100 * point["removed"].get<double>());
}

std::string measured_text(const Json& measured) {
  return measured.contains("top1") ? fmt::format("{:.2f}", 100 * measured["top1"].get<double>())
                                   : fmt::format("{:.4g}", measured["loss"].get<double>());
}

std::string table_of_curves(const Json& rows) {
  std::vector<std::string> header = {""};
  if (!rows.empty())
    for (const Json& point : rows[0]["points"]) header.push_back(at_text(point));
  TextTable table(header);
  for (const Json& row : rows) {
    std::vector<std::string> cells = {row["name"].get<std::string>()};
    for (const Json& point : row["points"]) cells.push_back(measured_text(point));
    table.add(std::move(cells));
  }
  return table.str();
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

class Csv {
 public:
  void add(std::string_view table, const std::string& name, std::string_view quantity, const std::string& at,
           const Json& value) {
    if (!value.is_number()) return;
    text_ += fmt::format("{},{},{},{},{}\n", table, quoted(name), quantity, at, value.dump());
  }
  // Every number of a row.
  void add_numbers(std::string_view table, const std::string& name, const std::string& at, const Json& row,
                   std::string_view except = "") {
    for (const auto& [key, value] : row.items())
      if (key != except) add(table, name, key, at, value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_ = "table,name,quantity,at,value\n";
};

}  // namespace

std::string analysis_to_text(const Json& analysis) {
  std::string text = fmt::format("{} parameters, {} multiply-accumulates per sample, {} bytes{}\n\n",
                                 number(analysis, "parameters"), number(analysis, "macs"), number(analysis, "bytes"),
                                 analysis["packed"].get<bool>() ? " packed" : " as floats");
  text += table_of_layers(analysis);
  text += "\n" + table_of_groups(analysis);
  for (const Json& held : analysis["held_back"])
    text += fmt::format("held back: {} channels by {}: {}\n", held["channels"].get<int64_t>(),
                        held["node"].get<std::string>(), held["reason"].get<std::string>());
  for (const Json& warning : analysis["warnings"]) text += "warning: " + warning.get<std::string>() + "\n";
  if (!analysis.contains("sensitivity")) return text;
  const Json& curves = analysis["sensitivity"];
  const bool classes = curves["uncut"].contains("top1");
  for (const auto& [key, title] : kCurves) {
    if (!curves.contains(key)) continue;
    text += fmt::format("\n{}: {}, {} of the whole network\n", title, classes ? "top-1 in %" : "loss",
                        measured_text(curves["uncut"]));
    text += table_of_curves(curves[key]);
  }
  return text;
}

std::string analysis_to_csv(const Json& analysis) {
  Csv csv;
  csv.add_numbers("network", "", "", analysis);
  for (const Json& row : analysis["layers"]) csv.add_numbers("layer", row["name"].get<std::string>(), "", row);
  for (const Json& row : analysis["groups"]) {
    csv.add_numbers("group", row["name"].get<std::string>(), "", row);
    for (const auto& [what, indices] : row["indices"].items())
      for (const Json& index : indices) csv.add("channel", row["name"].get<std::string>(), what, index.dump(), 1);
  }
  for (const Json& row : analysis["held_back"]) csv.add_numbers("held_back", row["node"].get<std::string>(), "", row);
  if (!analysis.contains("sensitivity")) return csv.take();
  const Json& curves = analysis["sensitivity"];
  csv.add_numbers("uncut", "", "", curves["uncut"]);
  for (const auto& [key, title] : kCurves) {
    if (!curves.contains(key)) continue;
    const std::string at = key == "bits" ? "bits" : "removed";
    for (const Json& row : curves[key])
      for (const Json& point : row["points"])
        csv.add_numbers("sensitivity_" + std::string(key), row["name"].get<std::string>(), point[at].dump(), point, at);
  }
  return csv.take();
}

}  // namespace pare
