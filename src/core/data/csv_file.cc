#include "core/data/csv_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "core/error.h"

namespace pare {
namespace {

constexpr size_t kMostFields = 1 << 20;

// Fields of one record. Plain ones lie in the text; quoted ones, which may go over lines, are kept beside it.
class Records {
 public:
  Records(std::string_view text, const std::string& name) : text_(text), name_(name) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);  // byte order mark
    const std::string_view line = text_.substr(0, text_.find('\n'));
    for (const char c : {',', ';', '\t'}) {
      separator_ = c;
      if (line.find(c) != std::string_view::npos) return;
    }
    separator_ = ',';
  }

  // Where the last record began.
  std::string where() const { return fmt::format("{}:{}", name_, line_); }

  bool next(std::vector<std::string>& fields) {
    while (true) {
      if (text_.empty()) return false;
      line_ = next_line_;
      size_t count = 0;
      bool more = true;
      while (more) {
        if (count == kMostFields) fail(Code::limit, "{}: more than {} fields", where(), kMostFields);
        if (count == fields.size()) fields.emplace_back();
        more = field(fields[count++]);
      }
      fields.resize(count);
      if (count > 1 || fields[0].find_first_not_of(" \t") != std::string::npos) return true;
    }
  }

 private:
  // Reads a field with what ends it; false at the end of the record.
  bool field(std::string& out) {
    out.clear();
    const size_t start = text_.find_first_not_of(' ');
    if (start != std::string_view::npos && text_[start] == '"') {
      text_.remove_prefix(start + 1);
      quoted(out);
    }
    const size_t end = std::min(text_.find_first_of(separator_ == ','   ? ",\n"
                                                    : separator_ == ';' ? ";\n"
                                                                        : "\t\n"),
                                text_.size());
    std::string_view rest = text_.substr(0, end);
    const bool more = end < text_.size() && text_[end] == separator_;
    if (!more && rest.ends_with('\r')) rest.remove_suffix(1);
    out += rest;
    if (end < text_.size() && !more) ++next_line_;
    text_.remove_prefix(std::min(end + 1, text_.size()));
    return more;
  }
  void quoted(std::string& out) {
    while (true) {
      const size_t quote = text_.find('"');
      if (quote == std::string_view::npos) fail(Code::invalid, "{}: a quoted field does not end", where());
      next_line_ +=
          static_cast<size_t>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(quote), '\n'));
      out += text_.substr(0, quote);
      text_.remove_prefix(quote + 1);
      if (!text_.starts_with('"')) return;
      out += '"';
      text_.remove_prefix(1);
    }
  }

  std::string_view text_;
  const std::string& name_;
  char separator_ = ',';
  size_t line_ = 1, next_line_ = 1;
};

// Where the label is, when that can be said without a header; a name needs one.
std::optional<size_t> label_position(const std::string& label, size_t width, const std::string& where) {
  if (label == "last") return width - 1;
  if (label == "first") return 0;
  size_t number = 0;
  const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), number);
  if (error != std::errc() || end != label.data() + label.size()) return {};
  ensure(number >= 1 && number <= width, "{}: no column {} for the label", where, number);
  return number - 1;
}

}  // namespace

bool parse_number(std::string_view text, double& value) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

CsvTable parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  Records records(text, name);
  std::vector<std::string> fields;
  ensure(records.next(fields), "{}: holds no rows", name);
  const size_t width = fields.size();
  ensure(width >= 2, "{}: a row of one field: values and a label are wanted", records.where());
  double value = 0;
  const std::optional<size_t> position = label_position(options.label, width, records.where());
  bool header = options.header == "yes" || !position;
  for (size_t i = 0; i < width && options.header == "auto" && !header; ++i)
    header = i != *position && !parse_number(fields[i], value);
  const auto named = std::find(fields.begin(), fields.end(), options.label);
  ensure(position || named != fields.end(), "{}: no column '{}' for the label", records.where(), options.label);
  const size_t label = position ? *position : static_cast<size_t>(named - fields.begin());

  CsvTable table;
  table.columns = width - 1;
  for (bool there = header ? records.next(fields) : true; there; there = records.next(fields)) {
    if (fields.size() != width)
      fail(Code::invalid, "{}: {} fields where the first line has {}", records.where(), fields.size(), width);
    for (size_t i = 0; i < width; ++i) {
      if (i == label) continue;
      if (!parse_number(fields[i], value) || std::abs(value) > std::numeric_limits<float>::max())
        fail(Code::invalid, "{}: field {}, '{}', is no finite number", records.where(), i + 1, fields[i].substr(0, 40));
      table.values.push_back(static_cast<float>(value));
    }
    table.labels.push_back(fields[label]);
  }
  ensure(!table.labels.empty(), "{}: holds no rows", name);
  return table;
}

}  // namespace pare
