// Conv and the pools.
#include "format/ops/window.h"
#include "infer_case.h"

namespace pare::testing {
namespace {

TEST(InferConv, Convolves1To3Dimensions) {
  EXPECT_EQ(infer("Conv", {}, "f32[N,3,32,32] f32[16,3,5,5] f32[16]"), "f32[N,16,28,28]");
  EXPECT_EQ(infer("Conv", {{"pads", Ints{2, 2}}, {"strides", Ints{2}}}, "f32[2,4,100] f32[8,4,5]"), "f32[2,8,50]");
  EXPECT_EQ(infer("Conv", {{"pads", Ints{1, 1, 1, 1, 1, 1}}}, "f32[1,2,8,9,10] f32[4,2,3,3,3]"), "f32[1,4,8,9,10]");
}

TEST(InferConv, KnowsGroupsAndDilations) {
  EXPECT_EQ(infer("Conv", {{"group", 8}}, "f32[N,8,10,10] f32[8,1,3,3]"), "f32[N,8,8,8]");
  EXPECT_EQ(infer("Conv", {{"dilations", Ints{2, 3}}}, "f32[N,1,10,10] f32[1,1,3,3]"), "f32[N,1,6,4]");
  EXPECT_TRUE(is_invalid(infer("Conv", {{"group", 3}}, "f32[N,9,10,10] f32[8,3,3,3]")));
  EXPECT_TRUE(is_invalid(infer("Conv", {{"group", 2}}, "f32[N,8,10,10] f32[8,3,3,3]")));
}

TEST(InferConv, PadsAutomatically) {
  for (const char* same : {"SAME_UPPER", "SAME_LOWER"}) {
    EXPECT_EQ(infer("Conv", {{"auto_pad", same}, {"strides", Ints{2, 2}}}, "f32[N,1,7,8] f32[1,1,3,3]"),
              "f32[N,1,4,4]");
    EXPECT_EQ(infer("Conv", {{"auto_pad", same}}, "f32[N,1,M,8] f32[1,1,4,4]"), "f32[N,1,M,8]");
  }
  EXPECT_EQ(infer("Conv", {{"auto_pad", "VALID"}, {"pads", Ints{1, 1, 1, 1}}}, "f32[N,1,7,8] f32[1,1,3,3]"),
            "f32[N,1,5,6]");
  EXPECT_TRUE(is_invalid(infer("Conv", {{"auto_pad", "SOMEHOW"}}, "f32[N,1,7,8] f32[1,1,3,3]")));
}

TEST(InferConv, KeepsSymbolicSizesWhereTheWindowDoes) {
  EXPECT_EQ(infer("Conv", {{"pads", Ints{1, 1, 1, 1}}}, "f32[N,3,M,M] f32[16,3,3,3]"), "f32[N,16,M,M]");
  EXPECT_EQ(infer("Conv", {}, "f32[N,3,M,4] f32[16,3,3,3]"), "f32[N,16,?,2]");
}

TEST(InferConv, WorksWithLittleKnowledge) {
  EXPECT_EQ(infer("Conv", {}, "f32? f32[16,3,3,3]"), "f32?");
  EXPECT_EQ(infer("Conv", {{"kernel_shape", Ints{3, 3}}}, "f32[N,3,8,8] f32?"), "f32[N,?,6,6]");
  EXPECT_EQ(infer("Conv", {}, "f32[N,3,8,8] ?"), "f32[N,?,?,?]");
}

TEST(InferConv, RefusesWhatDoesNotFit) {
  EXPECT_EQ(infer("Conv", {}, "f32[N,3,2,2] f32[16,3,3,3]"), "invalid: the kernel is larger than the padded input");
  EXPECT_EQ(infer("Conv", {}, "f32[N,4,8,8] f32[16,3,3,3]"),
            "invalid: the weight is for another number of input channels");
  EXPECT_EQ(infer("Conv", {}, "f32[N,3,8,8] f32[16,3,3,3] f32[8]"),
            "invalid: the bias needs one element per output channel");
  EXPECT_EQ(infer("Conv", {}, "f32[N,3,8] f32[16,3,3,3]"), "invalid: input and weight have different ranks");
  EXPECT_EQ(infer("Conv", {{"kernel_shape", Ints{5, 5}}}, "f32[N,3,8,8] f32[16,3,3,3]"),
            "invalid: kernel_shape and the weight differ");
  EXPECT_EQ(infer("Conv", {}, "f32[N,3]  f32[16,3]"), "invalid: the weight of a convolution has at least 3 dimensions");
  EXPECT_EQ(infer("Conv", {}, "f32[N,3,8,8]"), "invalid: a required input is missing");
  EXPECT_EQ(infer("Conv", {}, "i64[N,3,8,8] i64[16,3,3,3]"), "invalid: the op does not take this element type");
  EXPECT_EQ(infer("Conv", {}, "f32[N,3,8,8] f64[16,3,3,3]"), "invalid: the element types of the inputs differ");
}

TEST(InferConv, SurvivesHostileAttributes) {
  const char* inputs = "f32[1,1,8,8] f32[1,1,3,3]";
  for (const int64_t n : {INT64_MIN, int64_t{-1}, INT64_MAX}) {
    EXPECT_TRUE(is_invalid(infer("Conv", {{"strides", Ints{n, n}}}, inputs))) << n;
    EXPECT_TRUE(is_invalid(infer("Conv", {{"dilations", Ints{n, n}}}, inputs))) << n;
    EXPECT_TRUE(is_invalid(infer("Conv", {{"pads", Ints{n, n, n, n}}}, inputs))) << n;
    EXPECT_TRUE(is_invalid(infer("Conv", {{"group", n}}, inputs))) << n;
    EXPECT_TRUE(is_invalid(infer("Conv", {{"kernel_shape", Ints{n, n}}}, "f32[1,1,8,8] f32?"))) << n;
  }
  EXPECT_TRUE(is_invalid(infer("Conv", {{"strides", Ints{0, 0}}}, inputs)));
  EXPECT_TRUE(is_invalid(infer("Conv", {{"strides", Ints{1}}}, inputs)));
  EXPECT_TRUE(is_invalid(infer("Conv", {{"pads", Ints{1, 1}}}, inputs)));
  EXPECT_TRUE(
      is_invalid(infer("Conv", {{"pads", Ints{INT32_MAX, 0, 0, 0}}}, "f32[1,1,9223372036854775807,8] f32[1,1,3,3]")));
  EXPECT_TRUE(is_invalid(infer("Conv", {{"kernel_shape", Ints{}}}, "f32[1,1] f32?")));
}

TEST(InferPool, RoundsDownOrUp) {
  const auto pool = [](int64_t ceil, Ints kernel, Ints strides, Ints pads, const char* x) {
    return infer("MaxPool", {{"ceil_mode", ceil}, {"kernel_shape", kernel}, {"strides", strides}, {"pads", pads}}, x);
  };
  EXPECT_EQ(pool(0, {2, 2}, {2, 2}, {0, 0, 0, 0}, "f32[N,6,7,8]"), "f32[N,6,3,4]");
  EXPECT_EQ(pool(1, {2, 2}, {2, 2}, {0, 0, 0, 0}, "f32[N,6,7,8]"), "f32[N,6,4,4]");
  EXPECT_EQ(pool(0, {3}, {2}, {1, 1}, "f32[N,6,112]"), "f32[N,6,56]");
  EXPECT_EQ(pool(1, {3}, {2}, {1, 1}, "f32[N,6,112]"), "f32[N,6,57]");
  // A window that would start in the right padding is left out.
  EXPECT_EQ(pool(1, {1}, {3}, {0, 1}, "f32[N,6,3]"), "f32[N,6,1]");
  EXPECT_EQ(pool(1, {2}, {3}, {0, 1}, "f32[N,6,3]"), "f32[N,6,1]");
}

TEST(InferPool, GivesIndicesAndTakesBytes) {
  EXPECT_EQ(infer("MaxPool", {{"kernel_shape", Ints{2, 2}}}, "u8[N,6,8,8]", 2), "u8[N,6,7,7] i64[N,6,7,7]");
  EXPECT_EQ(infer("MaxPool", {{"kernel_shape", Ints{2, 2}}, {"dilations", Ints{3, 1}}}, "f32[N,6,8,8]"),
            "f32[N,6,5,7]");
  EXPECT_TRUE(is_invalid(infer("MaxPool", {{"kernel_shape", Ints{2, 2}}}, "i64[N,6,8,8]")));
}

TEST(InferPool, NeedsAKernelThatFits) {
  EXPECT_TRUE(is_invalid(infer("MaxPool", {}, "f32[N,6,8,8]")));
  EXPECT_TRUE(is_invalid(infer("AveragePool", {{"kernel_shape", Ints{0, 1}}}, "f32[N,6,8,8]")));
  EXPECT_TRUE(is_invalid(infer("AveragePool", {{"kernel_shape", Ints{2}}}, "f32[N,6,8,8]")));
  EXPECT_TRUE(
      is_invalid(infer("AveragePool", {{"kernel_shape", Ints{2, 2}}, {"dilations", Ints{2, 2}}}, "f32[N,6,8,8]")));
  EXPECT_EQ(infer("AveragePool", {{"kernel_shape", Ints{2, 2}}, {"count_include_pad", 1}, {"pads", Ints{1, 1, 1, 1}}},
                  "f32[N,6,8,8]"),
            "f32[N,6,9,9]");
}

TEST(InferPool, PoolsGlobally) {
  EXPECT_EQ(infer("GlobalAveragePool", {}, "f32[N,6,M,8]"), "f32[N,6,1,1]");
  EXPECT_TRUE(is_invalid(infer("GlobalAveragePool", {}, "f32[N]")));
}

// The sizes that the rule promises are the ones that the resolved pads give.
TEST(Window, ResolvesPadsToTheInferredSizes) {
  for (const char* same : {"SAME_UPPER", "SAME_LOWER"})
    for (int64_t kernel = 1; kernel <= 5; ++kernel)
      for (int64_t stride = 1; stride <= 4; ++stride)
        for (int64_t size = 1; size <= 12; ++size) {
          const Attributes attributes = make_attributes({{"auto_pad", same}, {"strides", Ints{stride}}});
          Result<Window> window = read_window(attributes, {kernel});
          ASSERT_TRUE(window.ok());
          Symbols symbols;
          const Dim promised = *window_output(*window, 0, size, symbols);
          ASSERT_TRUE(resolve_pads(*window, Ints{size}).ok());
          EXPECT_EQ(*window_output(*window, 0, size, symbols), promised) << kernel << ' ' << stride << ' ' << size;
          const int64_t more = window->pads_end[0] - window->pads_begin[0];
          EXPECT_TRUE(more == 0 || more == (same == std::string("SAME_UPPER") ? 1 : -1));
        }
}

}  // namespace
}  // namespace pare::testing
