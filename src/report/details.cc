// What steps say of their work (`details`), whatever they say: lists of objects are tables, the rest are facts.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/json_text.h"
#include "report/tables.h"

namespace pare {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostNames = 3;  // of a list, where room is short

std::string words(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string cell(const Json& value, bool brief);

std::string list_text(const Json& list, bool brief) {
  const size_t shown = brief && list.size() > kMostNames + 1 ? kMostNames : list.size();
  std::string text;
  for (size_t i = 0; i < shown; ++i) text += (i ? ", " : "") + cell(list[i], brief);
  return shown < list.size() ? fmt::format("{} and {} more", text, list.size() - shown) : text;
}

// "before -> after", or "name value, name value".
std::string object_text(const Json& object, bool brief) {
  if (object.size() == 2 && object.contains("before") && object.contains("after"))
    return cell(object["before"], brief) + " -> " + cell(object["after"], brief);
  std::string text;
  for (const auto& [key, value] : object.items())
    text += (text.empty() ? "" : ", ") + words(key) + " " + cell(value, brief);
  return text;
}

std::string cell(const Json& value, bool brief) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_integer()) return with_commas(value.get<int64_t>());
  if (value.is_number()) return fmt::format("{:.6g}", value.get<double>());
  if (value.is_array()) return list_text(value, brief);
  return value.is_object() ? object_text(value, brief) : json_text(value);
}

bool is_table(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_object(); });
}

// Rows with the same figures become one, named after the first; what is still too long ends early.
void fold(const Json& items, ReportTable& table, const std::vector<std::string>& keys, size_t most_rows) {
  std::vector<std::vector<std::string>> rows;
  std::vector<size_t> alike;
  std::map<std::string, size_t> seen;
  for (size_t i = 0; i < items.size(); ++i) {
    std::string figures;
    for (size_t k = 0; k < keys.size(); ++k)
      if (items[i].contains(keys[k]) && !items[i][keys[k]].is_string() && !items[i][keys[k]].is_array())
        figures += table.rows[i][k] + "|";
    const auto [found, fresh] = seen.try_emplace(figures, rows.size());
    if (fresh) {
      rows.push_back(table.rows[i]);
      alike.push_back(0);
      continue;
    }
    ++alike[found->second];
    std::vector<std::string>& row = rows[found->second];
    for (size_t k = 1; k < keys.size(); ++k)
      if (items[i].contains(keys[k]) && row[k] != table.rows[i][k]) row[k] = "";
  }
  for (size_t i = 0; i < rows.size(); ++i)
    if (alike[i] > 0) rows[i][0] += fmt::format(" and {} alike", alike[i]);
  if (rows.size() > most_rows) {
    const size_t rest = rows.size() - most_rows;
    rows.resize(most_rows);
    rows.push_back({fmt::format("... and {} more: see the report", rest)});
  }
  table.rows = std::move(rows);
}

ReportTable table_of(const std::string& title, const Json& items, size_t most_rows) {
  std::vector<std::string> keys;
  for (const Json& item : items)
    for (const auto& [key, value] : item.items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  ReportTable table{title, {}, {}};
  for (const std::string& key : keys) table.header.push_back(words(key));
  for (const Json& item : items) {
    std::vector<std::string> cells;
    for (const std::string& key : keys) cells.push_back(item.contains(key) ? cell(item[key], most_rows > 0) : "");
    table.rows.push_back(std::move(cells));
  }
  if (most_rows > 0 && table.rows.size() > most_rows) fold(items, table, keys, most_rows);
  return table;
}

}  // namespace

std::vector<ReportTable> detail_tables(const Json& row, size_t most_rows) {
  std::vector<ReportTable> tables;
  if (!row.is_object() || !row.contains("steps") || !row["steps"].is_array()) return tables;
  const Json& steps = row["steps"];
  const auto name = [](const Json& step) { return step.is_object() ? step.value("step", "") : ""; };
  for (size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].is_object() || !steps[i].contains("details") || !steps[i]["details"].is_object()) continue;
    const bool only = std::count_if(steps.begin(), steps.end(),
                                    [&](const Json& other) { return name(other) == name(steps[i]); }) == 1;
    const std::string title = (only ? "" : fmt::format("Step {}, ", i + 1)) + name(steps[i]);
    ReportTable facts{title, {"", ""}, {}};
    std::vector<ReportTable> lists;
    for (const auto& [key, value] : steps[i]["details"].items()) {
      if (is_table(value))
        lists.push_back(table_of(title + ": " + words(key), value, most_rows));
      else if (std::string text = cell(value, most_rows > 0); !text.empty())
        facts.rows.push_back({words(key), std::move(text)});
    }
    if (!facts.rows.empty()) tables.push_back(std::move(facts));
    std::move(lists.begin(), lists.end(), std::back_inserter(tables));
  }
  return tables;
}

}  // namespace pare
