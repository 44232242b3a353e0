#include "report/report.h"
#include "report/tables.h"

namespace pare {
namespace {

std::string text_of(const ReportTable& table) {
  TextTable text(table.header);
  for (const auto& row : table.rows) text.add(row);
  return text.str();
}

std::string section(const ReportTable& table) {
  return table.rows.empty() ? "" : "\n" + table.title + "\n" + text_of(table);
}

}  // namespace

std::string report_to_text(const nlohmann::ordered_json& report) {
  std::string text;
  for (const auto& fact : facts(report).rows)
    text += fact[0] + std::string(fact[0].size() < 9 ? 9 - fact[0].size() : 1, ' ') + fact[1] + "\n";
  const auto rows = report.find("rows");
  if (rows == report.end() || !rows->is_array()) return text;
  if (rows->size() > 1) return text + section(row_table(report));
  for (const auto& row : *rows) {
    text += section(layer_table(row)) + section(step_table(row)) + section(before_and_after(row));
    for (const std::string& warning : warnings(row)) text += "warning: " + warning + "\n";
    const auto reached = row.find("goal_reached");
    if (reached != row.end() && reached->is_boolean() && !reached->get<bool>()) {
      text += "The accuracy budget was missed: more was lost than --max-drop allows.\n";
    }
  }
  return text;
}

}  // namespace pare
