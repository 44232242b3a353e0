#include "report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/tables.h"
#include "tests/support/compress_fixture.h"

namespace pare {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TextTable, AlignsColumnsByCharacters) {
  TextTable table({"name", "bytes"});
  table.add({"a", "1"});
  table.add({"größer", "1,000"});
  table.add({"short"});
  EXPECT_EQ(table.str(), "name    bytes\n-------------\na           1\ngrößer  1,000\nshort\n");
}

TEST(TextTable, Commas) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1724320), "1,724,320");
  EXPECT_EQ(with_commas(-1000), "-1,000");
}

class Report : public testing::CompressTest {};

TEST_F(Report, TablesShowBeforeAndAfter) {
  const auto result = run_recipe(
      parse_recipe("steps:\n  - train: {epochs: 2}\n  - prune_weights: {sparsity: 0.9, epochs: 1}\n", "r.yaml"),
      network(), options(), Progress::quiet());
  const std::string text = report_to_text(result.report);
  for (const char* part : {"Before and after", ".pare file, bytes", "test accuracy", "prune_weights", "Layers", "toy"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST_F(Report, SweepHasOneLinePerRowAndTheFiguresAskedFor) {
  const auto result =
      run_recipe(parse_recipe("figures_at: [2]\ntest_curves: true\nsteps: [{prune_weights: {sparsity: 0, epochs: 3}}]\n"
                              "sweep: {prune_weights.sparsity: [0, 0.5]}",
                              "r.yaml"),
                 network(), options(), Progress::quiet());
  const ReportTable table = row_table(result.report);
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.header.back(), "epoch 2 correct");
  EXPECT_FALSE(table.rows[0].back().empty());
  EXPECT_THAT(report_to_html(result.report), HasSubstr("Accuracy and size"));
}

TEST_F(Report, HostileNamesStayText) {
  const std::string evil = "</script><script>alert('x')</script>&\"<!--";
  RunOptions how = options();
  how.model = evil;
  how.command = evil;
  Graph graph = network();
  graph.nodes[static_cast<size_t>(layers(graph)[0].node)].name = evil;
  const auto result = run_recipe(parse_recipe("summary: \"<b>bold</b>\"\nsteps: [{train: {epochs: 1}}]", evil), graph,
                                 how, Progress::quiet());
  auto report = result.report;
  report["rows"][0]["steps"][0]["step"] = evil;  // reaches the chart data
  const std::string html = report_to_html(report);
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("<b>bold")));
  EXPECT_THAT(html, HasSubstr("&lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)"));
}

// A report of one step with these details.
nlohmann::ordered_json report_with(nlohmann::ordered_json details) {
  nlohmann::ordered_json report;
  report["rows"][0]["steps"][0]["step"] = "prune_channels";
  report["rows"][0]["steps"][0]["details"] = std::move(details);
  return report;
}

TEST(ReportText, ShowsWhatStepsSayOfTheirWork) {
  const auto report = report_with(nlohmann::ordered_json::parse(R"({
    "groups": [{"name": "conv1", "before": 1600, "after": 800, "made_by": ["conv1", "conv2"]},
               {"name": "fc", "before": 10, "after": 9, "made_by": ["fc"]}],
    "unused_channels": 3, "compensated": ["conv2", "fc"], "channels": {"before": 1610, "after": 809},
    "target": {"of": "macs", "wanted": 0.5, "left": 0.4971}})"));
  const std::string text = report_to_text(report);
  for (const char* part :
       {"prune_channels: groups\nname   before  after       made by\n", "conv1   1,600    800  conv1, conv2",
        "\nunused channels  3\n", "\ncompensated      conv2, fc\n",
        "\ntarget           of macs, wanted 0.5, left 0.4971\n", "\nchannels         1,610 -> 809\n"})
    EXPECT_THAT(text, HasSubstr(part));
  const std::string html = report_to_html(report);
  for (const char* part : {"prune_channels: groups", "<td>conv1, conv2</td>", "<td>1,610 -&gt; 809</td>"})
    EXPECT_THAT(html, HasSubstr(part));
}

TEST(ReportText, LongListsAreFoldedOnTheTerminalAndWholeOnThePage) {
  auto groups = nlohmann::ordered_json::array();
  for (int i = 0; i < 50; ++i) {
    groups[static_cast<size_t>(i)]["name"] = "conv" + std::to_string(i);
    groups[static_cast<size_t>(i)]["before"] = i % 2 ? 16 : 32;
  }
  const auto report = report_with({{"groups", groups}});
  EXPECT_THAT(report_to_text(report), HasSubstr("conv1 and 24 alike"));
  EXPECT_THAT(report_to_text(report), Not(HasSubstr("conv49")));
  EXPECT_THAT(report_to_html(report), HasSubstr("conv49"));
  for (int i = 0; i < 50; ++i) groups[static_cast<size_t>(i)]["before"] = 100 + i;
  EXPECT_THAT(report_to_text(report_with({{"groups", groups}})), HasSubstr("... and 10 more: see the report"));
}

TEST_F(Report, OfAStepThatRanHasItsGroups) {
  RunOptions how = options();
  how.data.clear();
  const auto result = run_recipe(parse_recipe("steps: [{prune_channels: {target: {macs: 0.5}}}]", "r.yaml"), network(),
                                 how, Progress::quiet());
  for (const std::string& shown : {report_to_text(result.report), report_to_html(result.report)})
    for (const char* part : {"prune_channels: groups", "fc2", "of macs, wanted 0.5", "unused channels"})
      EXPECT_THAT(shown, HasSubstr(part));
}

TEST(ReportText, OddReportsGiveTablesWithEmptyCells) {
  for (const char* text :
       {"{}", "{\"rows\": []}", "{\"rows\": [{}]}", "{\"rows\": [{\"steps\": 3, \"before\": []}]}",
        "{\"rows\": [{}, {}]}",
        "{\"rows\": [{\"steps\": [3, {\"details\": []}, {\"details\": {\"x\": [{}, {\"y\": [1]}]}}]}]}"}) {
    EXPECT_NO_THROW(report_to_text(nlohmann::ordered_json::parse(text))) << text;
  }
}

}  // namespace
}  // namespace pare
