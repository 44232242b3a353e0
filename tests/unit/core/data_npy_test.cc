#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/data/npy_file.h"
#include "core/error.h"
#include "tests/support/arrays.h"
#include "tests/support/command.h"
#include "tests/support/samples.h"

namespace pare {
namespace {

using test::npy;
using test::raw_bytes;
using test::TempFolder;
using test::write_text;
using testing::ElementsAre;
using testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
Tensor parse(const std::string& file) { return parse_npy(bytes_of(file), "x.npy"); }
std::string message(const std::string& file, Code code) {
  try {
    parse(file);
    ADD_FAILURE() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    EXPECT_THAT(e.what(), testing::StartsWith("x.npy: "));
    return e.what();
  }
  return {};
}

TEST(Npy, ReadsTypesShapesAndOrders) {
  const Tensor f = parse(npy("<f4", "(2, 3)", raw_bytes<float>({1, 2, 3, 4, 5, 6})));
  EXPECT_EQ(f.shape(), (Shape{2, 3}));
  EXPECT_THAT(f.view<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  const Tensor turned = parse(npy("<f8", "(2, 3)", raw_bytes<double>({1, 4, 2, 5, 3, 6}), true));
  EXPECT_THAT(turned.view<double>(), ElementsAre(1, 2, 3, 4, 5, 6));
  std::vector<int16_t> c(24), fortran(24);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k)
        fortran[static_cast<size_t>(i + 2 * j + 6 * k)] = c[static_cast<size_t>(i * 12 + j * 4 + k)] =
            static_cast<int16_t>(100 * i + 10 * j + k);
  EXPECT_EQ(parse(npy("<i2", "(2, 3, 4)", raw_bytes(fortran), true)), parse(npy("<i2", "(2, 3, 4)", raw_bytes(c))));
  EXPECT_EQ(parse(npy("|u1", "(3,)", "abc")).dtype(), DType::u8);
  EXPECT_EQ(parse(npy("|b1", "(1,)", "\x01")).dtype(), DType::boolean);
  EXPECT_EQ(parse(npy("<u8", "()", raw_bytes<uint64_t>({7}))).rank(), 0U);
  EXPECT_EQ(parse(npy("<i8", "(0, 5)", "")).size(), 0);
}

TEST(Npy, NumbersThatAreNoneAreFound) {
  std::vector<float> values(12, 1);
  values[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(message(npy("<f4", "(3, 4)", raw_bytes(values)), Code::invalid), HasSubstr("nan at [1, 3]"));
  EXPECT_THAT(message(npy("<f8", "(1,)", raw_bytes<double>({-INFINITY})), Code::invalid), HasSubstr("-inf at [0]"));
  message(npy("<f2", "(1,)", std::string("\x00\x7c", 2)), Code::invalid);
}

TEST(Npy, BrokenFilesAreExplained) {
  const std::string good = npy("<f4", "(2, 3)", std::string(24, '\0'));
  message("", Code::invalid);
  message("PK", Code::invalid);
  message(good.substr(0, 40), Code::truncated);
  message(good.substr(0, good.size() - 1), Code::truncated);
  message(good + "x", Code::corrupt);
  EXPECT_THAT(message(npy(">f4", "(1,)", "0000"), Code::unsupported), HasSubstr("'>f4'"));
  message(npy("|O", "(1,)", ""), Code::unsupported);
  message(npy("<c8", "(1,)", ""), Code::unsupported);
  message(npy("<f4", "(-1,)", ""), Code::corrupt);
  message(npy("<f4", "(9223372036854775807, 8)", ""), Code::truncated);  // claims more than there can be
  message(npy("<f4", "(1000000000, 1000000000)", "0000"), Code::truncated);
  message(npy("<f4", "(1,)', 'more': (", "0000"), Code::corrupt);
}

TEST(Npz, FindsStoredAndDeflatedArrays) {
  const std::string x = npy("<f4", "(2,)", raw_bytes<float>({1, 2})), y = npy("|u1", "(4000,)", std::string(4000, 'y'));
  test::Zip zip;
  zip.add("x.npy", x, false);
  zip.add("y.npy", y, true);
  zip.add("readme.txt", "hello", false);
  zip.add("z.npy", "not looked at", false);
  const auto wanted = [](const std::string& name) { return name != "z"; };
  const auto arrays = parse_npz(bytes_of(zip.bytes()), "a.npz", wanted);
  ASSERT_EQ(arrays.size(), 2U);
  EXPECT_EQ(arrays.at("x"), parse(x));
  EXPECT_EQ(arrays.at("y"), parse(y));
  const std::string good = zip.bytes();
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_THROW(parse_npz(bytes_of(good.substr(0, size)), "a.npz", wanted), Error);
  for (size_t at = 30; at < 50; ++at) {  // in the first array
    std::string bad = good;
    bad[at + 40] = static_cast<char>(bad[at + 40] ^ 4);
    EXPECT_THROW(parse_npz(bytes_of(bad), "a.npz", wanted), Error);
  }
}

// Ten samples of 2 x 3, sample i filled with i, class i % 2.
std::string samples(int count = 10) {
  std::vector<float> x;
  for (int i = 0; i < count; ++i) x.insert(x.end(), 6, static_cast<float>(i));
  return npy("<f4", fmt::format("({}, 2, 3)", count), raw_bytes(x));
}
std::string classes(int count = 10) {
  std::string y;
  for (int i = 0; i < count; ++i) y += static_cast<char>(i % 2);
  return npy("|u1", fmt::format("({},)", count), y);
}
std::string at(const TempFolder& folder) { return "npy:" + folder.path().string(); }
std::string open_message(const std::string& spec) {
  try {
    open_data(spec);
    ADD_FAILURE() << "no error";
  } catch (const Error& e) {
    return e.what();
  }
  return {};
}

TEST(NpyData, ReadsAFolder) {
  const TempFolder folder;
  write_text(folder / "x_train.npy", samples());
  write_text(folder / "y_train.npy", classes());
  write_text(folder / "x_test.npy", samples(4));
  write_text(folder / "y_test.npy", classes(4));
  const Data data = open_data(at(folder));
  EXPECT_EQ(data.description, at(folder) + ", 8 train, 2 validation, 4 test");
  EXPECT_EQ(data.classes, 2);
  EXPECT_EQ(data.preprocessing.order, "none");
  EXPECT_EQ(data.test->spec().inputs[0].shape, (Shape{2, 3}));
  const auto sample = test::read_sample<float>(*data.test, 3);
  EXPECT_THAT(sample.image, testing::Each(3));
  EXPECT_EQ(sample.label, 1);
}

TEST(NpyData, ReadsAnArchiveAndSplitsWhatHasNoParts) {
  const TempFolder folder;
  test::Zip zip;
  zip.add("x.npy", samples(50), true);
  zip.add("y.npy", classes(50), false);
  write_text(folder / "all.npz", zip.bytes());
  const Data data = open_data("npy:" + (folder / "all.npz"));
  EXPECT_EQ(data.test->size(), 10U);
  EXPECT_EQ(data.validation->size(), 8U);
  EXPECT_EQ(data.train->size(), 32U);
  int64_t odd = 0;
  for (size_t i = 0; i < data.test->size(); ++i) odd += data.test->label(i);
  EXPECT_EQ(odd, 5);
}

TEST(NpyData, TheModelsShapeAndTypeAreGiven) {
  const TempFolder folder;
  write_text(folder / "x.npy", npy("<i4", "(10, 3)", std::string(120, '\1')));
  write_text(folder / "y.npy", classes());
  DataOptions options;
  options.input = FieldSpec{DType::f32, {1, 3, 1}};
  EXPECT_EQ(open_data(at(folder), options).train->spec().inputs[0].shape, (Shape{1, 3, 1}));
  options.input = FieldSpec{DType::f32, {1, -1}};
  EXPECT_EQ(open_data(at(folder), options).train->spec().inputs[0].shape, (Shape{1, 3}));
  options.input = FieldSpec{DType::i64, {3}};
  const Data indices = open_data(at(folder), options);
  EXPECT_THAT(test::read_sample<int64_t>(*indices.train, 0).image, testing::Each(0x01010101));
  options.input = FieldSpec{DType::f32, {1, 28, 28}};  // cannot be: check_data says so
  EXPECT_EQ(open_data(at(folder), options).train->spec().inputs[0].shape, (Shape{3}));
}

TEST(NpyData, FloatsAreValuesAndIntegersWithPlacesAreMaps) {
  const TempFolder folder;
  write_text(folder / "x.npy", samples());
  write_text(folder / "y.npy", npy("<f8", "(10,)", raw_bytes<double>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9})));
  const Data values = open_data(at(folder));
  EXPECT_EQ(values.classes, 0);
  EXPECT_EQ(values.train->spec().target.dtype, DType::f32);
  EXPECT_EQ(values.train->spec().target.shape, Shape{1});
  std::string maps;
  for (int i = 0; i < 10; ++i) maps += std::string("\x00\x02\xff\x01", 4);
  write_text(folder / "y.npy", npy("|u1", "(10, 2, 2)", maps));
  const Data mapped = open_data(at(folder) + ",ignore=255");
  EXPECT_EQ(mapped.classes, 3);
  EXPECT_EQ(mapped.train->spec().target.shape, (Shape{2, 2}));
  std::vector<float> x(6);
  std::vector<int64_t> y(4);
  const std::span<std::byte> input = std::as_writable_bytes(std::span(x));
  mapped.train->read(0, 0, {{&input, 1}, std::as_writable_bytes(std::span(y))});
  EXPECT_THAT(y, ElementsAre(0, 2, kNoClass, 1));
}

TEST(NpyData, WhatDoesNotFitTogetherIsNamed) {
  const TempFolder folder;
  EXPECT_THAT(open_message("npy:" + (folder / "none")), HasSubstr("none: no such file"));
  EXPECT_THAT(open_message(at(folder)), HasSubstr("holds no array 'x' (wanted: x_train"));
  write_text(folder / "x_train.npy", samples());
  EXPECT_THAT(open_message(at(folder)), HasSubstr("holds no array 'y_train'"));
  write_text(folder / "y_train.npy", classes(9));
  EXPECT_THAT(open_message(at(folder)), HasSubstr("10 samples in 'x_train', 9 targets in 'y_train'"));
  write_text(folder / "y_train.npy", npy("|i1", "(10,)", std::string(9, '\0') + '\xff'));
  EXPECT_THAT(open_message(at(folder)), HasSubstr("class -1 in row 9"));
  write_text(folder / "y_train.npy", classes());
  write_text(folder / "x_test.npy", npy("<f4", "(2, 5)", std::string(40, '\0')));
  write_text(folder / "y_test.npy", classes(2));
  EXPECT_THAT(open_message(at(folder)), HasSubstr("the parts differ"));
}

}  // namespace
}  // namespace pare
