#include <algorithm>

#include "report/report.h"
#include "report/tables.h"

namespace pare {
namespace {

std::string text_of(const ReportTable& table) {
  TextTable text(table.header);
  for (const auto& row : table.rows) text.add(row);
  return text.str();
}

constexpr size_t kMostRows = 40;  // of a step's details

// Names and values, left-aligned.
std::string facts_text(const std::vector<std::vector<std::string>>& rows) {
  size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row[0].size());
  std::string text;
  for (const auto& row : rows) text += row[0] + std::string(width - row[0].size() + 2, ' ') + row[1] + "\n";
  return text;
}

std::string section(const ReportTable& table) {
  const bool facts = table.header.size() == 2 && table.header[0].empty() && table.header[1].empty();
  if (facts && !table.rows.empty()) return "\n" + table.title + "\n" + facts_text(table.rows);
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
    text += section(layer_table(row));
    for (const ReportTable& details : detail_tables(row, kMostRows)) text += section(details);
    text += section(step_table(row)) + section(before_and_after(row));
    for (const std::string& warning : warnings(row)) text += "warning: " + warning + "\n";
    const auto reached = row.find("goal_reached");
    if (reached != row.end() && reached->is_boolean() && !reached->get<bool>()) {
      text += "The accuracy budget was missed: more was lost than --max-drop allows.\n";
    }
  }
  return text;
}

}  // namespace pare
