#include <gmock/gmock.h>

#include "core/edit.h"
#include "core/onnx/onnx.h"
#include "core/passes/pass.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

using namespace pare::testing;

// y = x * w, where w of 64 x 48 shares the rows of a codebook.
Graph shared_weights(const std::vector<float>& codebook, int32_t dim) {
  Graph g;
  const ValueId x = add_input(g, "x", DType::f32, {1, 64});
  Grid grid;
  grid.kind = GridKind::codebook;
  grid.bits = 2;
  grid.is_signed = false;
  grid.codebook = codebook;
  grid.dim = dim;
  std::vector<int32_t> levels(static_cast<size_t>(64 * 48 / dim));
  for (size_t i = 0; i < levels.size(); ++i) levels[i] = static_cast<int32_t>(i * i % 4);
  Tensor level_tensor = Tensor::of<int32_t>({64, 48 / dim}, levels);
  const ValueId w = add_constant(g, "w", *dequantize(grid, level_tensor, {64, 48}));
  g.value(w).encoding.grid = grid;
  g.value(w).encoding.levels = std::move(level_tensor);
  g.outputs = {append(g, OpKind::matmul, "y", {x, w})};
  verify(g);
  return g;
}

class FoldCodebooks : public ::testing::TestWithParam<int32_t> {};

TEST_P(FoldCodebooks, ACompactOnnxComesBackAsItLeft) {
  std::vector<float> codebook = {-1.5F, 0, 0.25F, 3, 1, 2, 0, 7};
  codebook.resize(static_cast<size_t>(4 * GetParam()));
  const Graph g = shared_weights(codebook, GetParam());
  const std::string file = serialize_onnx(g);
  Graph back = parse_onnx(file, "net.onnx");
  ASSERT_GT(back.nodes.size(), 1U);
  EXPECT_TRUE(fold_codebooks(back));
  verify(back);
  ASSERT_EQ(back.nodes.size(), 1U);
  const Value &before = g.value(g.find_value("w")), &after = back.value(back.find_value("w"));
  EXPECT_TRUE(*after.constant == *before.constant);
  EXPECT_EQ(*after.encoding.grid, *before.encoding.grid);
  EXPECT_TRUE(*after.encoding.levels == *before.encoding.levels);
  EXPECT_FALSE(fold_codebooks(back));
  EXPECT_EQ(serialize_onnx(back).size(), file.size());
}
INSTANTIATE_TEST_SUITE_P(Dims, FoldCodebooks, ::testing::Values(1, 2));

TEST(FoldCodebooksZero, WhatTheZeroEntryStandsForStaysZero) {
  Graph back = parse_onnx(serialize_onnx(shared_weights({-1, 0, 1, 2}, 1)), "net.onnx");
  fold_codebooks(back);
  const Value& w = back.value(back.find_value("w"));
  ASSERT_TRUE(w.encoding.mask);
  for (size_t i = 0; i < w.encoding.mask->size(); ++i)
    EXPECT_EQ((*w.encoding.mask)[i], w.constant->view<float>()[i] != 0);
}

TEST(FoldCodebooksSimplify, KeepsWeightsShared) {
  Graph back = parse_onnx(serialize_onnx(shared_weights({-1, 0, 1, 2}, 1)), "net.onnx");
  simplify(back);
  EXPECT_TRUE(back.value(back.find_value("w")).encoding.grid);
}

// A table that tokens of the input are looked up in is no codebook, nor is one with an index that is not there.
TEST(FoldCodebooksRefuses, EmbeddingsAndIndicesOutOfRange) {
  Graph g;
  const ValueId table = add_constant(g, "table", floats({4}, {1, 2, 3, 4}));
  const ValueId tokens = add_input(g, "tokens", DType::i64, {8});
  g.outputs = {append(g, OpKind::gather, "y", {table, tokens})};
  EXPECT_FALSE(fold_codebooks(g));

  Graph wrong;
  const ValueId x = add_input(wrong, "x", DType::f32, {8});
  const ValueId book = add_constant(wrong, "book", floats({2}, {1, 2}));
  const ValueId indices = add_constant(wrong, "indices", Tensor::of<int32_t>({8}, {{0, 1, 0, -1, 0, 1, 1, 0}}));
  const ValueId w = append(wrong, OpKind::gather, "w", {book, indices});
  wrong.outputs = {append(wrong, OpKind::add, "y", {x, w})};
  EXPECT_FALSE(fold_codebooks(wrong));
}

}  // namespace
}  // namespace pare
