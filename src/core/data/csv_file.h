// Text tables: rows of numbers with a label, separated by commas, semicolons or tabs (RFC 4180 quoting).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pare {

struct CsvOptions {
  std::string label = "last";   // column: last, first, a name of the header, or a number from 1
  std::string header = "auto";  // yes, no; auto: when a field of the first line, other than the label, is no number
};
struct CsvTable {
  size_t columns = 0;               // of values, without the label
  std::vector<float> values;        // rows * columns
  std::vector<std::string> labels;  // one per row
};
// `name` is used in messages: "data.csv:12: field 3, 'abc', is no number". Lines count from 1; empty ones are passed
// over. Error(invalid) on rows of different lengths, and on NaN and infinity.
CsvTable parse_csv(std::string_view text, const std::string& name, const CsvOptions& options);
// A finite number, with blanks around it; false for anything else.
bool parse_number(std::string_view text, double& value);

}  // namespace pare
