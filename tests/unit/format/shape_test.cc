#include "format/shape.h"

#include <gtest/gtest.h>

namespace pare {
namespace {

TEST(Shape, ElementCount) {
  EXPECT_EQ(element_count(Shape{}), 1);
  EXPECT_EQ(element_count(Shape{2, 3, 4}), 24);
  EXPECT_EQ(element_count(Shape{0, 5}), 0);
  EXPECT_FALSE(element_count(Shape{-1, 2}));
  EXPECT_FALSE(element_count(Shape{int64_t{1} << 31, int64_t{1} << 31}));
  EXPECT_FALSE(element_count(Shape{0, INT64_MAX, INT64_MAX}));
}

TEST(Shape, SymbolsSurviveWhatCanBeSaid) {
  Symbols symbols(5);
  const Dim batch(1, 1), other(1, 2);
  EXPECT_EQ(multiply(batch, 6, symbols), Dim(6, 1));
  EXPECT_EQ(divide(Dim(6, 1), 3, symbols), Dim(2, 1));
  EXPECT_EQ(divide(Dim(6, 1), Dim(2, 1), symbols), Dim(3));
  EXPECT_EQ(add(Dim(2, 1), Dim(3, 1), symbols), Dim(5, 1));
  EXPECT_EQ(subtract(Dim(2, 1), Dim(2, 1), symbols), Dim(0));
  EXPECT_EQ(add(Dim(2, 1), 0, symbols), Dim(2, 1));
  EXPECT_EQ(symbols.next(), 5U);  // no fresh symbol so far
  EXPECT_EQ(multiply(batch, other, symbols), Dim(1, 5));
  EXPECT_EQ(add(batch, 1, symbols), Dim(1, 6));
  EXPECT_EQ(divide(Dim(3, 1), 2, symbols), Dim(1, 7));
}

TEST(Shape, KnownArithmeticIsFloorAndChecked) {
  Symbols symbols;
  EXPECT_EQ(divide(7, 2, symbols), Dim(3));
  EXPECT_EQ(divide(-7, 2, symbols), Dim(-4));
  EXPECT_EQ(subtract(3, 5, symbols), Dim(-2));
  EXPECT_FALSE(multiply(INT64_MAX, 2, symbols).known());
  EXPECT_FALSE(add(INT64_MAX, 1, symbols).known());
  EXPECT_FALSE(divide(1, 0, symbols).known());
  EXPECT_FALSE(divide(INT64_MIN, -1, symbols).known());
}

TEST(Shape, KnownShape) {
  EXPECT_EQ(known_shape({2, 3}), (Shape{2, 3}));
  EXPECT_FALSE(known_shape({Dim(1, 1), 3}));
  EXPECT_EQ(to_dims(Shape{2, 3}), (Dims{2, 3}));
}

}  // namespace
}  // namespace pare
