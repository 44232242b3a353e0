// The table of op facts, and what ops cost.
#include "core/cost.h"
#include "op_case.h"

namespace pare::testing {
namespace {

TEST(OpDef, EveryOpHasItsOwnFacts) {
#define PARE_OP(number, kind_name, onnx)                                            \
  {                                                                                 \
    const OpDef* def = op_def(OpKind::kind_name);                                   \
    ASSERT_NE(def, nullptr) << onnx;                                                \
    EXPECT_EQ(def->kind, OpKind::kind_name) << onnx;                                \
    EXPECT_EQ(def->name, onnx);                                                     \
    EXPECT_LE(def->since, 21) << onnx;                                              \
    EXPECT_GE(def->min_inputs, 0) << onnx;                                          \
    EXPECT_TRUE(def->max_inputs < 0 || def->max_inputs >= def->min_inputs) << onnx; \
    EXPECT_NE(def->max_outputs, 0) << onnx;                                         \
  }
#include "format/op_list.def"
#undef PARE_OP
  EXPECT_EQ(op_def(OpKind::unknown), nullptr);
}

int64_t macs(const Graph& graph) { return cost(graph).macs; }

TEST(Macs, CountsOneSample) {
  for (const Dim batch : {kN, Dim(1), Dim(32)}) {
    OneOp conv(17, OpKind::conv, Dims{batch, 1, 28, 28}, {},
               {Tensor(DType::f32, {20, 1, 5, 5}), Tensor(DType::f32, {20})});
    EXPECT_EQ(macs(conv.graph), 24 * 24 * 20 * 25);
    OneOp depthwise(17, OpKind::conv, Dims{batch, 8, 10, 10}, {{"group", 8}, {"pads", Ints{1, 1, 1, 1}}},
                    {Tensor(DType::f32, {8, 1, 3, 3})});
    EXPECT_EQ(macs(depthwise.graph), 8 * 100 * 9);
    OneOp gemm(17, OpKind::gemm, Dims{batch, 800}, {{"transB", 1}}, {Tensor(DType::f32, {500, 800})});
    EXPECT_EQ(macs(gemm.graph), 400000);
    OneOp matmul(17, OpKind::matmul, Dims{batch, 800}, {}, {Tensor(DType::f32, {800, 500})});
    EXPECT_EQ(macs(matmul.graph), 400000);
    OneOp sequence(17, OpKind::matmul, Dims{batch, 6, 800}, {}, {Tensor(DType::f32, {800, 500})});
    EXPECT_EQ(macs(sequence.graph), 6 * 400000);
  }
}

TEST(Macs, KnowsTheBatchByItsSymbol) {
  OneOp steps_first(17, OpKind::matmul, Dims{197, kN, 768}, {}, {Tensor(DType::f32, {768, 10})});
  EXPECT_EQ(macs(steps_first.graph), 197 * 768 * 10);
  OneOp windows(17, OpKind::matmul, Dims{Dim(64, 1), 49, 96}, {}, {Tensor(DType::f32, {96, 10})});
  EXPECT_EQ(macs(windows.graph), 64 * 49 * 96 * 10);
  OneOp rows(17, OpKind::gemm, Dims{Dim(64, 1), 96}, {}, {Tensor(DType::f32, {96, 10})});
  EXPECT_EQ(macs(rows.graph), 64 * 96 * 10);
}

TEST(Macs, CountsEinsumAsTheProductsOfItsLetters) {
  OneOp linear(17, OpKind::einsum, Dims{kN, 6, 800}, {{"equation", std::string("bse, oe -> bso")}},
               {Tensor(DType::f32, {500, 800})});
  EXPECT_EQ(macs(linear.graph), 6 * 800 * 500);
  OneOp left(17, OpKind::einsum, Dims{8, 20}, {{"equation", std::string("ij,ki->kj")}}, {Tensor(DType::f32, {5, 8})});
  EXPECT_EQ(macs(left.graph), 5 * 8 * 20) << "the first dimension of the result is the constant's";
  OneOp transpose(17, OpKind::einsum, Dims{kN, 6, 8}, {{"equation", std::string("bij->bji")}});
  EXPECT_EQ(macs(transpose.graph), 0);
}

TEST(Macs, CountsEveryStepOfRecurrentLayers) {
  OneOp lstm(17, OpKind::lstm, Dims{28, kN, 10}, {{"hidden_size", 16}},
             {Tensor(DType::f32, {1, 64, 10}), Tensor(DType::f32, {1, 64, 16})});
  EXPECT_EQ(macs(lstm.graph), 28 * 64 * (10 + 16));
  OneOp gru(17, OpKind::gru, Dims{28, kN, 10}, {{"hidden_size", 16}, {"direction", std::string("bidirectional")}},
            {Tensor(DType::f32, {2, 48, 10}), Tensor(DType::f32, {2, 48, 16})});
  EXPECT_EQ(macs(gru.graph), 28 * 2 * 48 * (10 + 16));
}

TEST(Macs, LeavesOutWhatIsNoProduct) {
  OneOp relu(17, OpKind::relu, Dims{kN, 8});
  EXPECT_EQ(macs(relu.graph), 0);
  OneOp unknown(17, OpKind::conv, std::nullopt, {}, {Tensor(DType::f32, {20, 1, 5, 5})});
  EXPECT_EQ(macs(unknown.graph), 0);
}

}  // namespace
}  // namespace pare::testing
