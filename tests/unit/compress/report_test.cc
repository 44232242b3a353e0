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

TEST(ReportText, OddReportsGiveTablesWithEmptyCells) {
  for (const char* text : {"{}", "{\"rows\": []}", "{\"rows\": [{}]}", "{\"rows\": [{\"steps\": 3, \"before\": []}]}",
                           "{\"rows\": [{}, {}]}"}) {
    EXPECT_NO_THROW(report_to_text(nlohmann::ordered_json::parse(text))) << text;
  }
}

}  // namespace
}  // namespace pare
