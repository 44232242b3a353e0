// report.html: one file that needs no network. All text in it comes from names and files of the user: everything is
// escaped, and the data of the curves travels as JSON that cannot end its script element.
#include <fmt/format.h>

#include <algorithm>

#include "report/chart_library.h"
#include "report/report.h"
#include "report/tables.h"

namespace pare {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --line: #8885; --quiet: #777; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; }
.wide { overflow-x: auto; }
th, td { padding: .2rem .8rem .2rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.facts td { text-align: left; white-space: normal; } .facts td:first-child { color: var(--quiet); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem; }
.chart { position: relative; height: 17rem; } .warning { color: #b50; } .note { color: var(--quiet); }
)css";

// Draws every chart of the data block; axes named in the data.
constexpr std::string_view kScript = R"js(
for (const chart of JSON.parse(document.getElementById('charts').textContent)) {
  const box = document.getElementById(chart.id);
  const colours = ['#2f6fb0', '#d1702a', '#3a9150', '#a8478f', '#8a6d1f', '#4aa3a8', '#b03a3a', '#6a6ad0'];
  new Chart(box, {
    type: 'line',
    data: { datasets: chart.lines.map((line, i) => ({ label: line.label, data: line.points, pointRadius: line.points.length > 30 ? 0 : 2,
      borderWidth: 2, borderColor: colours[i % colours.length], backgroundColor: colours[i % colours.length], tension: 0 })) },
    options: { animation: false, maintainAspectRatio: false, parsing: false,
      plugins: { title: { display: true, text: chart.title }, legend: { display: chart.lines.length > 1 } },
      scales: { x: { type: chart.log_x ? 'logarithmic' : 'linear', ticks: { precision: 0 },
                     title: { display: true, text: chart.x } },
                y: { title: { display: true, text: chart.y } } } } });
}
)js";

std::string escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

// JSON inside a script element: no '<', so neither "</script" nor "<!--" can appear.
std::string script_json(const Json& json) {
  std::string result;
  for (const char c : json.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    if (c == '<')
      result += "\\u003c";
    else
      result += c;
  }
  return result;
}

std::string markup(const ReportTable& table, std::string_view kind = "") {
  if (table.rows.empty()) return "";
  std::string html = fmt::format("<h2>{}</h2>\n<div class=\"wide\"><table class=\"{}\">\n", escape(table.title), kind);
  if (kind.empty()) {
    html += "<tr>";
    for (const std::string& cell : table.header) html += "<th>" + escape(cell) + "</th>";
    html += "</tr>\n";
  }
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (const std::string& cell : row) html += "<td>" + escape(cell) + "</td>";
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

std::string details(const Json& row) {
  std::string html;
  for (const ReportTable& table : detail_tables(row)) {
    const bool facts = table.header.size() == 2 && table.header[0].empty() && table.header[1].empty();
    html += markup(table, facts ? "facts" : "");
  }
  return html;
}

class Charts {
 public:
  void add(const std::string& title, const std::string& x, const std::string& y, Json lines, bool log_x = false) {
    if (lines.empty()) return;
    list_.push_back({{"id", fmt::format("chart{}", list_.size())},
                     {"title", title},
                     {"x", x},
                     {"y", y},
                     {"log_x", log_x},
                     {"lines", std::move(lines)}});
  }
  std::string html() const {
    if (list_.empty()) return "";
    if (chart_library().empty())
      return "<p class=\"note\">No curves: this build of pare is without its chart library (Debian: "
             "libjs-chart.js).</p>\n";
    std::string html = "<h2>Curves</h2>\n<div class=\"charts\">\n";
    for (const Json& chart : list_)
      html += fmt::format("<div class=\"chart\"><canvas id=\"{}\"></canvas></div>\n", chart["id"].get<std::string>());
    html += "</div>\n<script type=\"application/json\" id=\"charts\">" + script_json(list_) + "</script>\n<script>\n";
    html += chart_library();
    html += "\n</script>\n<script>";
    html += kScript;
    return html + "</script>\n";
  }

 private:
  Json list_ = Json::array();
};

// One line of a chart from a list of epochs; nothing when no epoch has the figure.
void add_line(Json& lines, const std::string& label, const Json& history, const Json::json_pointer& figure,
              double factor) {
  Json points = Json::array();
  for (const Json& record : history) {
    if (!record.contains(figure) || !record[figure].is_number()) continue;
    points.push_back({{"x", record.value("epoch", 0)}, {"y", factor * record[figure].get<double>()}});
  }
  if (!points.empty()) lines.push_back({{"label", label}, {"points", std::move(points)}});
}

void add_step_charts(Charts& charts, const Json& step) {
  const Json history = step.value("history", Json::array());
  const std::string name = step.value("step", "step");
  Json loss = Json::array(), accuracy = Json::array();
  add_line(loss, "training", history, Json::json_pointer("/train_loss"), 1);
  for (const char* part : {"validation", "test"}) {
    add_line(loss, part, history, Json::json_pointer(fmt::format("/{}/loss", part)), 1);
    add_line(accuracy, part, history, Json::json_pointer(fmt::format("/{}/top1", part)), 100);
  }
  charts.add(name + ": loss", "epoch", "loss", std::move(loss));
  charts.add(name + ": accuracy", "epoch", "accuracy, %", std::move(accuracy));
}

// Rows of a sweep against each other: curves of the step that trained longest, and accuracy over size.
void add_sweep_charts(Charts& charts, const Json& rows) {
  Json loss = Json::array(), accuracy = Json::array(), trade = Json::array();
  for (const char* part : {"validation", "test"}) {
    Json points = Json::array();
    for (const Json& row : rows) {
      const Json& after = row.at("after");
      if (after.contains(part) && after.at(part).contains("top1"))
        points.push_back({{"x", after.at("pare_bytes")}, {"y", 100 * after.at(part).at("top1").get<double>()}});
    }
    std::sort(points.begin(), points.end(),
              [](const Json& a, const Json& b) { return a["x"].get<double>() < b["x"].get<double>(); });
    if (!points.empty()) trade.push_back({{"label", part}, {"points", std::move(points)}});
  }
  for (const Json& row : rows) {
    Json longest = Json::array();
    for (const Json& step : row.at("steps")) {
      const Json history = step.value("history", Json::array());
      if (!history.empty() && history.size() >= longest.size()) longest = history;
    }
    const std::string name = row.value("name", "");
    add_line(loss, name, longest, Json::json_pointer("/train_loss"), 1);
    add_line(accuracy, name, longest, Json::json_pointer("/validation/top1"), 100);
  }
  charts.add("Training loss", "epoch", "loss", std::move(loss));
  charts.add("Validation accuracy", "epoch", "accuracy, %", std::move(accuracy));
  charts.add("Accuracy and size", ".pare bytes", "accuracy, %", std::move(trade), true);
}

std::string warning_list(const Json& row) {
  std::string html;
  for (const std::string& warning : warnings(row)) html += "<p class=\"warning\">" + escape(warning) + "</p>\n";
  return html;
}

}  // namespace

std::string report_to_html(const Json& report) {
  const Json& rows = report.at("rows");
  const std::string model = report.value("model", "");
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width\">\n";
  html += fmt::format("<title>pare: {}</title>\n<style>{}</style></head><body>\n<h1>pare: {}</h1>\n", escape(model),
                      kStyle, escape(model));
  if (const std::string summary = report.value("summary", ""); !summary.empty())
    html += "<p class=\"note\">" + escape(summary) + "</p>\n";
  Charts charts;
  if (rows.size() > 1) {
    html += markup(row_table(report));
    add_sweep_charts(charts, rows);
    html += charts.html();
    for (const Json& row : rows) {
      html += "<details><summary>" + escape(row.value("name", "")) + "</summary>\n" + markup(before_and_after(row)) +
              warning_list(row) + markup(step_table(row)) + details(row) + markup(layer_table(row)) + "</details>\n";
    }
  } else {
    for (const Json& row : rows) {
      html += markup(before_and_after(row)) + warning_list(row);
      for (const Json& step : row.at("steps")) add_step_charts(charts, step);
      html += charts.html() + markup(step_table(row)) + details(row) + markup(layer_table(row));
    }
  }
  return html + markup(facts(report), "facts") + "</body></html>\n";
}

}  // namespace pare
