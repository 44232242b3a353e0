// Conv and the pools against slow twins written from the ONNX text.
#include <limits>

#include "tests/ops/op_run.h"

namespace pare::testing {
namespace {

using Ints = std::vector<int64_t>;

struct Geometry {
  Ints kernel{1, 1}, strides{1, 1}, pads{0, 0, 0, 0}, dilations{1, 1};
  bool ceil = false;
  int64_t output(int axis, int64_t size) const {
    const size_t a = static_cast<size_t>(axis);
    const int64_t room = size + pads[a] + pads[a + 2] - ((kernel[a] - 1) * dilations[a] + 1);
    int64_t out = (ceil ? (room + strides[a] - 1) / strides[a] : room / strides[a]) + 1;
    if (ceil && (out - 1) * strides[a] >= size + pads[a]) --out;
    return out;
  }
};

// Calls visit(plane, output row, output column, input row, input column, kernel row, kernel column) for every place a
// window covers, inside the input or not.
template <class Visit>
void walk(const Geometry& g, const Shape& x, Visit visit) {
  for (int64_t p = 0; p < x[0] * x[1]; ++p)
    for (int64_t oy = 0; oy < g.output(0, x[2]); ++oy)
      for (int64_t ox = 0; ox < g.output(1, x[3]); ++ox)
        for (int64_t ky = 0; ky < g.kernel[0]; ++ky)
          for (int64_t kx = 0; kx < g.kernel[1]; ++kx)
            visit(p, oy, ox, oy * g.strides[0] + ky * g.dilations[0] - g.pads[0],
                  ox * g.strides[1] + kx * g.dilations[1] - g.pads[1], ky, kx);
}
bool inside(const Shape& x, int64_t y, int64_t xx) { return y >= 0 && y < x[2] && xx >= 0 && xx < x[3]; }
size_t offset(const Shape& s, int64_t plane, int64_t y, int64_t x) {
  return static_cast<size_t>((plane * s[2] + y) * s[3] + x);
}

Tensor slow_max_pool(const Tensor& x, const Geometry& g) {
  Tensor out(DType::f32, {x.dim(0), x.dim(1), g.output(0, x.dim(2)), g.output(1, x.dim(3))});
  auto y = out.edit<float>();
  for (float& v : y) v = -std::numeric_limits<float>::infinity();
  walk(g, x.shape(), [&](int64_t p, int64_t oy, int64_t ox, int64_t iy, int64_t ix, int64_t, int64_t) {
    if (!inside(x.shape(), iy, ix)) return;
    float& v = y[offset(out.shape(), p, oy, ox)];
    v = std::max(v, x.view<float>()[offset(x.shape(), p, iy, ix)]);
  });
  return out;
}

Tensor slow_average_pool(const Tensor& x, const Geometry& g, bool count_pads) {
  Tensor out(DType::f32, {x.dim(0), x.dim(1), g.output(0, x.dim(2)), g.output(1, x.dim(3))});
  auto y = out.edit<float>();
  std::vector<double> count(y.size());
  walk(g, x.shape(), [&](int64_t p, int64_t oy, int64_t ox, int64_t iy, int64_t ix, int64_t, int64_t) {
    const size_t o = offset(out.shape(), p, oy, ox);
    const bool padding = iy < x.dim(2) + g.pads[2] && ix < x.dim(3) + g.pads[3];  // not what ceil_mode adds
    if (inside(x.shape(), iy, ix))
      y[o] += x.view<float>()[offset(x.shape(), p, iy, ix)], count[o] += 1;
    else if (count_pads && padding)
      count[o] += 1;
  });
  for (size_t i = 0; i < y.size(); ++i) y[i] = static_cast<float>(y[i] / count[i]);
  return out;
}

Tensor slow_conv(const Tensor& x, const Tensor& w, const Tensor& bias, const Geometry& g, int64_t groups) {
  const int64_t outputs = w.dim(0), per_group_in = w.dim(1), per_group_out = outputs / groups;
  Tensor out(DType::f32, {x.dim(0), outputs, g.output(0, x.dim(2)), g.output(1, x.dim(3))});
  auto y = out.edit<float>();
  for (int64_t n = 0; n < x.dim(0); ++n)
    for (int64_t o = 0; o < outputs; ++o)
      for (int64_t oy = 0; oy < out.dim(2); ++oy)
        for (int64_t ox = 0; ox < out.dim(3); ++ox) {
          double sum = bias.empty() ? 0 : bias.view<float>()[static_cast<size_t>(o)];
          for (int64_t i = 0; i < per_group_in; ++i)
            for (int64_t ky = 0; ky < g.kernel[0]; ++ky)
              for (int64_t kx = 0; kx < g.kernel[1]; ++kx) {
                const int64_t iy = oy * g.strides[0] + ky * g.dilations[0] - g.pads[0];
                const int64_t ix = ox * g.strides[1] + kx * g.dilations[1] - g.pads[1];
                if (!inside(x.shape(), iy, ix)) continue;
                const int64_t channel = o / per_group_out * per_group_in + i;
                sum += static_cast<double>(x.view<float>()[offset(x.shape(), n * x.dim(1) + channel, iy, ix)]) *
                       w.view<float>()[offset(w.shape(), o * per_group_in + i, ky, kx)];
              }
          y[offset(out.shape(), n * outputs + o, oy, ox)] = static_cast<float>(sum);
        }
  return out;
}

Ints random_ints(Random& random, int64_t low, int64_t high) {
  const auto one = [&] { return low + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - low + 1))); };
  const int64_t a = one(), b = one();
  return {a, b};
}

TEST(Window, ConvMatchesItsTwin) {
  Random random(5);
  for (int trial = 0; trial < 40; ++trial) {
    const int64_t groups = 1 + static_cast<int64_t>(random.below(3));
    Geometry g{.kernel = random_ints(random, 1, 3),
               .strides = random_ints(random, 1, 3),
               .dilations = random_ints(random, 1, 2)};
    for (int64_t& p : g.pads) p = static_cast<int64_t>(random.below(3));
    const Tensor x = noise({2, 2 * groups, 6 + static_cast<int64_t>(random.below(4)), 7}, random.next());
    const Tensor w = noise({3 * groups, 2, g.kernel[0], g.kernel[1]}, random.next());
    const Tensor b = random.below(2) ? noise({3 * groups}, random.next()) : Tensor();
    std::vector<Tensor> inputs{x, w};
    if (!b.empty()) inputs.push_back(b);
    SCOPED_TRACE(trial);
    expect_near(run_op(OpKind::conv, inputs,
                       {{"strides", g.strides}, {"pads", g.pads}, {"dilations", g.dilations}, {"group", groups}}),
                slow_conv(x, w, b, g, groups));
  }
}

TEST(Window, PoolsMatchTheirTwins) {
  Random random(6);
  for (int trial = 0; trial < 80; ++trial) {
    Geometry g{.kernel = random_ints(random, 1, 4), .strides = random_ints(random, 1, 3), .ceil = random.below(2) == 1};
    for (size_t i = 0; i < 4; ++i)
      g.pads[i] = static_cast<int64_t>(random.below(static_cast<uint64_t>(g.kernel[i % 2])));
    const Tensor x = noise({2, 3, 5 + static_cast<int64_t>(random.below(5)), 8}, random.next());
    SCOPED_TRACE(trial);
    const bool count_pads = random.below(2) == 1;
    expect_near(run_op(OpKind::average_pool, {x},
                       {{"kernel_shape", g.kernel},
                        {"strides", g.strides},
                        {"pads", g.pads},
                        {"ceil_mode", int64_t{g.ceil}},
                        {"count_include_pad", int64_t{count_pads}}}),
                slow_average_pool(x, g, count_pads));
    g.dilations = random_ints(random, 1, 2);
    if ((g.kernel[0] - 1) * g.dilations[0] + 1 > x.dim(2) || (g.kernel[1] - 1) * g.dilations[1] + 1 > x.dim(3))
      continue;
    expect_near(run_op(OpKind::max_pool, {x},
                       {{"kernel_shape", g.kernel},
                        {"strides", g.strides},
                        {"pads", g.pads},
                        {"dilations", g.dilations},
                        {"ceil_mode", int64_t{g.ceil}}}),
                slow_max_pool(x, g), 0);
  }
}

TEST(Window, AutoPadPutsTheOddElementWhereItsNameSays) {
  const Tensor x = floats({1, 1, 1, 4}, {1, 2, 3, 4}), w = floats({1, 1, 1, 2}, {1, 10});
  EXPECT_EQ(elements(run_op(OpKind::conv, {x, w}, {{"auto_pad", std::string("SAME_UPPER")}})),
            (std::vector<float>{21, 32, 43, 4}));
  EXPECT_EQ(elements(run_op(OpKind::conv, {x, w}, {{"auto_pad", std::string("SAME_LOWER")}})),
            (std::vector<float>{10, 21, 32, 43}));
  EXPECT_EQ(elements(run_op(OpKind::conv, {x, w}, {{"auto_pad", std::string("VALID")}})),
            (std::vector<float>{21, 32, 43}));
}

TEST(Window, OneDimensionalOpsWork) {
  const Tensor x = floats({1, 1, 5}, {1, 5, 2, 4, 3});
  EXPECT_EQ(elements(run_op(OpKind::conv, {x, floats({1, 1, 2}, {1, -1})})), (std::vector<float>{-4, 3, -2, 1}));
  EXPECT_EQ(elements(run_op(OpKind::max_pool, {x},
                            {{"kernel_shape", Ints{2}}, {"strides", Ints{2}}, {"ceil_mode", int64_t{1}}})),
            (std::vector<float>{5, 4, 3}));
  EXPECT_EQ(elements(run_op(OpKind::average_pool, {x}, {{"kernel_shape", Ints{2}}, {"pads", Ints{1, 0}}})),
            (std::vector<float>{1, 3, 3.5F, 3, 3.5F}));
}

TEST(Window, ThreeDimensionalPoolsWork) {
  const Tensor x = ramp({1, 1, 2, 2, 2});
  EXPECT_EQ(elements(run_op(OpKind::max_pool, {x}, {{"kernel_shape", Ints{2, 2, 2}}})), (std::vector<float>{7}));
  EXPECT_EQ(elements(run_op(OpKind::average_pool, {x}, {{"kernel_shape", Ints{2, 2, 2}}})), (std::vector<float>{3.5F}));
}

TEST(Window, MaxPoolLetsNaNWinAndHandlesIntegers) {
  const float nan = std::nanf("");
  const Tensor pooled =
      run_op(OpKind::max_pool, {floats({1, 1, 2, 2}, {1, nan, 3, 2})}, {{"kernel_shape", Ints{2, 2}}});
  EXPECT_TRUE(std::isnan(pooled.view<float>()[0]));
  const std::vector<int8_t> bytes{-5, -3, -128, -4};
  EXPECT_EQ(elements<int8_t>(
                run_op(OpKind::max_pool, {Tensor::of<int8_t>({1, 1, 2, 2}, bytes)}, {{"kernel_shape", Ints{2, 2}}})),
            (std::vector<int8_t>{-3}));
}

TEST(Window, GlobalAveragePool) {
  EXPECT_EQ(elements(run_op(OpKind::global_average_pool, {ramp({1, 2, 2, 2})})), (std::vector<float>{1.5F, 5.5F}));
}

}  // namespace
}  // namespace pare::testing
