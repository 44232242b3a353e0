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
    EXPECT_LE(def->since, 17) << onnx;                                              \
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

TEST(Macs, LeavesOutWhatIsNoProduct) {
  OneOp relu(17, OpKind::relu, Dims{kN, 8});
  EXPECT_EQ(macs(relu.graph), 0);
  OneOp unknown(17, OpKind::conv, std::nullopt, {}, {Tensor(DType::f32, {20, 1, 5, 5})});
  EXPECT_EQ(macs(unknown.graph), 0);
}

}  // namespace
}  // namespace pare::testing
