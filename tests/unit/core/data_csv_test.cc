#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "core/data/csv_file.h"
#include "core/error.h"
#include "tests/support/command.h"
#include "tests/support/samples.h"

namespace pare {
namespace {

using test::gzipped;
using test::TempFolder;
using test::write_text;
using testing::ElementsAre;
using testing::HasSubstr;

CsvTable parse(const std::string& text, const CsvOptions& options = {}) { return parse_csv(text, "a.csv", options); }
std::string message(const std::string& text, const CsvOptions& options = {}) {
  try {
    parse(text, options);
    ADD_FAILURE() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::invalid);
    return e.what();
  }
  return {};
}

TEST(Csv, ReadsPlainRows) {
  const CsvTable t = parse("1,2.5,-3e2,0\n+4, 5 ,6,1");
  EXPECT_EQ(t.columns, 3U);
  EXPECT_THAT(t.values, ElementsAre(1, 2.5, -300, 4, 5, 6));
  EXPECT_THAT(t.labels, ElementsAre("0", "1"));
}

TEST(Csv, FindsHeadersAndColumnsByName) {
  const std::string text = "a,kind,b\n1,cat,2\n3,dog,4\n";
  const CsvTable t = parse(text, {.label = "kind"});
  EXPECT_THAT(t.values, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(t.labels, ElementsAre("cat", "dog"));
  EXPECT_THAT(parse(text, {.label = "2"}).labels, ElementsAre("cat", "dog"));
  EXPECT_THAT(parse("cat,1\ndog,2\n", {.label = "first"}).labels,
              ElementsAre("cat", "dog"));  // no header: 1 is a value
  EXPECT_THAT(parse("9,8\n1,2\n", {.label = "last", .header = "yes"}).labels, ElementsAre("2"));
  EXPECT_THAT(message(text, {.label = "sort"}), HasSubstr("a.csv:1: no column 'sort'"));
  EXPECT_THAT(message(text, {.label = "4"}), HasSubstr("no column 4"));
}

TEST(Csv, ReadsQuotesOtherSeparatorsAndLineEnds) {
  EXPECT_THAT(parse("\"1\",\"a, \"\"b\"\"\nc\"\r\n2,d\r\n\r\n").labels, ElementsAre("a, \"b\"\nc", "d"));
  EXPECT_THAT(parse("1;2;x\n").values, ElementsAre(1, 2));
  EXPECT_THAT(parse("1\t2\tx y\n").labels, ElementsAre("x y"));
  EXPECT_THAT(parse("\xef\xbb\xbf"
                    "1,2\n")
                  .values,
              ElementsAre(1));
}

TEST(Csv, ErrorsNameFileAndLine) {
  EXPECT_THAT(message("1,2,0\n\n3,x,1\n"), HasSubstr("a.csv:3: field 2, 'x', is no finite number"));
  EXPECT_THAT(message("1,2,0\n3,nan,1\n"), HasSubstr("a.csv:2: field 2"));
  EXPECT_THAT(message("1,0\n1e99,1\n"), HasSubstr("a.csv:2: field 1"));
  EXPECT_THAT(message("1,0\n,1\n"), HasSubstr("a.csv:2: field 1, ''"));
  EXPECT_THAT(message("1,2,0\n3,1\n"), HasSubstr("a.csv:2: 2 fields where the first line has 3"));
  EXPECT_THAT(message("\"1\n2\",0\n1,0\nx,0\n", {.label = "last", .header = "yes"}), HasSubstr("a.csv:4: field 1"));
  EXPECT_THAT(message("1,\"2\n"), HasSubstr("a.csv:1: a quoted field does not end"));
  EXPECT_THAT(message("5\n"), HasSubstr("a.csv:1: a row of one field"));
  EXPECT_THAT(message(""), HasSubstr("a.csv: holds no rows"));
  EXPECT_THAT(message("a,b\n"), HasSubstr("a.csv: holds no rows"));
}

std::string rows(int count, const char* even, const char* odd) {
  std::string text;
  for (int i = 0; i < count; ++i) text += fmt::format("{},{},{},{}\n", i, 10 * i, 0, i % 2 ? odd : even);
  return text;
}
Data open(const std::string& spec, Shape input = {}) {
  DataOptions options;
  if (!input.empty()) options.input = FieldSpec{DType::f32, std::move(input)};
  return open_data("csv:" + spec, options);
}
std::string open_message(const std::string& spec) {
  try {
    open(spec);
    ADD_FAILURE() << "no error";
  } catch (const Error& e) {
    return e.what();
  }
  return {};
}

TEST(CsvData, ReadsAFolderOfSeries) {
  const TempFolder folder;
  write_text(folder / "train.csv.gz", gzipped(rows(10, "0", "2")));
  write_text(folder / "test.csv", rows(4, "0.0", "1e0"));
  const Data data = open(folder.path().string());
  EXPECT_EQ(data.classes, 3);
  EXPECT_EQ(data.train->size() + data.validation->size(), 10U);
  EXPECT_EQ(data.test->spec().inputs[0].shape, (Shape{1, 3}));
  EXPECT_EQ(test::read_sample<float>(*data.test, 3).label, 1);
}

TEST(CsvData, ValuesAreStandardizedByTheTrainingRows) {
  const TempFolder folder;
  write_text(folder / "train.csv", rows(10, "a", "b"));
  write_text(folder / "test.csv", rows(4, "a", "b"));
  const Data data = open(folder.path().string(), {3});
  EXPECT_THAT(data.preprocessing.classes, ElementsAre("a", "b"));
  EXPECT_THAT(data.preprocessing.mean, ElementsAre(4.5, 45, 0));
  EXPECT_NEAR(data.preprocessing.std[0], std::sqrt(8.25), 1e-9);
  EXPECT_EQ(data.preprocessing.std[2], 1);  // a column that never changes
  EXPECT_NEAR(test::read_sample<float>(*data.test, 2).image[1], (20 - 45) / std::sqrt(825.0), 1e-5);
  EXPECT_EQ(open(folder.path().string(), {1, 3}).preprocessing.mean.size(), 1U);
  EXPECT_EQ(open(folder.path().string(), {3, 1}).train->spec().inputs[0].shape, (Shape{3, 1}));
}

TEST(CsvData, TheModelsPreprocessingWinsUnlessItIsForImages) {
  const TempFolder folder;
  write_text(folder / "a.csv", rows(20, "0", "1"));
  DataOptions options;
  options.preprocessing = Preprocessing{.scale = 0.5, .order = "none"};
  EXPECT_EQ(open_data("csv:" + (folder / "a.csv"), options).preprocessing.scale, 0.5);
  Metadata travels;
  to_metadata(open(folder / "a.csv").preprocessing, travels);
  EXPECT_EQ(from_metadata(travels), open(folder / "a.csv").preprocessing);
  options.preprocessing->order = "L";
  EXPECT_EQ(open_data("csv:" + (folder / "a.csv"), options).preprocessing.scale, 1);
}

TEST(CsvData, OneFileIsSplitByClass) {
  const TempFolder folder;
  write_text(folder / "a.csv", rows(40, "yes", "no"));
  const Data data = open((folder / "a.csv") + ",test=0.25");
  EXPECT_EQ(data.test->size(), 10U);
  int64_t ones = 0;
  for (size_t i = 0; i < 10; ++i) ones += data.test->label(i);
  EXPECT_EQ(ones, 5);
}

TEST(CsvData, LabelsCanBeValues) {
  const TempFolder folder;
  write_text(folder / "a.csv", rows(40, "0.25", "-7"));
  EXPECT_THAT(open_message(folder / "a.csv"), HasSubstr("label 0.25 is no class"));
  const Data data = open((folder / "a.csv") + ",target=value");
  EXPECT_EQ(data.classes, 0);
  EXPECT_EQ(data.train->spec().target.shape, Shape{1});
  EXPECT_THAT(open_message((folder / "a.csv") + ",target=number"), HasSubstr("target"));
}

TEST(CsvData, ErrorsNameTheFile) {
  const TempFolder folder;
  EXPECT_THAT(open_message(folder / "none.csv"), HasSubstr("none.csv"));
  EXPECT_THAT(open_message(folder.path().string()), HasSubstr("train.csv: not found"));
  write_text(folder / "train.csv", rows(10, "a", "b"));
  write_text(folder / "test.csv", "1,2,a\n");
  EXPECT_THAT(open_message(folder.path().string()), HasSubstr("2 columns of values"));
  write_text(folder / "test.csv", rows(4, "a", "c"));
  EXPECT_THAT(open_message(folder.path().string()), HasSubstr("'c' is no class of the training data"));
  write_text(folder / "train.csv", rows(10, "a", "a"));
  EXPECT_THAT(open_message(folder.path().string()), HasSubstr("only one class"));
}

TEST(CsvData, ReadsTheSharedHeartbeats) {
  const std::string shared = test::shared_folder() + "/data/ecg";
  if (!std::filesystem::exists(shared)) GTEST_SKIP() << "no shared data";
  const Data data = open(shared, {1, 180});
  EXPECT_EQ(data.classes, 5);
  EXPECT_EQ(data.train->size() + data.validation->size(), 28917U);
  EXPECT_EQ(data.test->size(), 14469U);
  EXPECT_EQ(data.test->spec().inputs[0].shape, (Shape{1, 180}));
}

}  // namespace
}  // namespace pare
