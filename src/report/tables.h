// The tables of a report, as cells of text: the terminal aligns them, the page marks them up.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace pare {

struct ReportTable {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};
ReportTable before_and_after(const nlohmann::ordered_json& row);
ReportTable step_table(const nlohmann::ordered_json& row);
ReportTable layer_table(const nlohmann::ordered_json& row);
ReportTable row_table(const nlohmann::ordered_json& report);  // one line per row of a sweep
// Name and value of what the run was: command, data, engine, machine ...
ReportTable facts(const nlohmann::ordered_json& report);
// What the steps of a row report of their work: per step one table of facts, with an empty header, and one for each
// list (groups of channels, layers). With `most_rows`, lists that are longer are folded, and long cells shortened.
std::vector<ReportTable> detail_tables(const nlohmann::ordered_json& row, size_t most_rows = 0);
std::vector<std::string> warnings(const nlohmann::ordered_json& row);

std::string with_commas(int64_t number);  // 1,724,320

}  // namespace pare
