// report.json (docs/report.md) for people: text for a terminal, one HTML page. Both are functions of the JSON alone.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace pare {

// Tables of a run: before and after, steps and what they say of their work, layers; rows of a sweep. Plain text,
// aligned, no colour.
std::string report_to_text(const nlohmann::ordered_json& report);
// A self-contained page: the same tables and the curves. Without the chart library at build time: tables and a note.
std::string report_to_html(const nlohmann::ordered_json& report);

// Aligned columns; the first column is left-aligned, the others right-aligned.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header);
  void add(std::vector<std::string> cells);
  std::string str() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace pare
