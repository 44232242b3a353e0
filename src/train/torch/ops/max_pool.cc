#include "train/torch/ops/max_pool.h"

#include <limits>

namespace pare::engine {
namespace {

struct Geometry {
  int64_t planes, height, width, out_height, out_width;
  int64_t kernel_height, kernel_width, stride_height, stride_width;
};

// Maxima and their places within the window (row * kernel_width + column) of one row of windows. The stride is a
// constant where it is common, so that the compiler can vectorize the walk.
template <int64_t kStride>
void pool_row(const float* in, const Geometry& g, float* best, int32_t* where) {
  const int64_t stride = kStride ? kStride : g.stride_width;
  for (int64_t x = 0; x < g.out_width; ++x) best[x] = -std::numeric_limits<float>::infinity(), where[x] = 0;
  for (int64_t row = 0; row < g.kernel_height; ++row) {
    for (int64_t column = 0; column < g.kernel_width; ++column) {
      const float* from = in + row * g.width + column;
      const auto code = static_cast<int32_t>(row * g.kernel_width + column);
      for (int64_t x = 0; x < g.out_width; ++x) {
        const float v = from[x * stride];
        const bool wins = (v > best[x]) | (v != v);
        best[x] = wins ? v : best[x];
        where[x] = wins ? code : where[x];
      }
    }
  }
}

constexpr int64_t kPlanesPerTask = 16;

class MaxPoolPlanes : public torch::autograd::Function<MaxPoolPlanes> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input, at::IntArrayRef kernel,
                            at::IntArrayRef stride) {
    const at::Tensor x = input.contiguous();
    Geometry g{x.size(0) * x.size(1), x.size(2), x.size(3), 0, 0, kernel[0], kernel[1], stride[0], stride[1]};
    g.out_height = (g.height - kernel[0]) / stride[0] + 1;
    g.out_width = (g.width - kernel[1]) / stride[1] + 1;
    const at::Tensor y = at::empty({x.size(0), x.size(1), g.out_height, g.out_width}, x.options());
    const at::Tensor where = at::empty(y.sizes(), at::kInt);
    const float* in = x.data_ptr<float>();
    float* out = y.data_ptr<float>();
    int32_t* place = where.data_ptr<int32_t>();
    at::parallel_for(0, g.planes, kPlanesPerTask, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin * g.out_height; row < end * g.out_height; ++row) {
        const int64_t plane = row / g.out_height, y0 = row % g.out_height;
        const float* from = in + (plane * g.height + y0 * g.stride_height) * g.width;
        if (g.stride_width == 1)
          pool_row<1>(from, g, out + row * g.out_width, place + row * g.out_width);
        else if (g.stride_width == 2)
          pool_row<2>(from, g, out + row * g.out_width, place + row * g.out_width);
        else
          pool_row<0>(from, g, out + row * g.out_width, place + row * g.out_width);
      }
    });
    context->save_for_backward({where});
    context->saved_data["geometry"] =
        std::vector<int64_t>{x.size(0), x.size(1), g.height, g.width, kernel[1], stride[0], stride[1]};
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const std::vector<int64_t> g = context->saved_data["geometry"].toIntVector();
    const int64_t height = g[2], width = g[3], kernel_width = g[4], stride_height = g[5], stride_width = g[6];
    const at::Tensor where = context->get_saved_variables()[0], gradient = gradients[0].contiguous();
    const int64_t out_height = where.size(2), out_width = where.size(3);
    const at::Tensor result = at::zeros({g[0], g[1], height, width}, gradient.options());
    const int32_t* place = where.data_ptr<int32_t>();
    const float* from = gradient.data_ptr<float>();
    float* to = result.data_ptr<float>();
    at::parallel_for(0, g[0] * g[1], kPlanesPerTask, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin * out_height; row < end * out_height; ++row) {
        const int64_t plane = row / out_height, y0 = row % out_height;
        float* corner = to + (plane * height + y0 * stride_height) * width;
        for (int64_t x = 0; x < out_width; ++x) {
          const int32_t code = place[row * out_width + x];
          corner[(code / kernel_width) * width + x * stride_width + code % kernel_width] += from[row * out_width + x];
        }
      }
    });
    return {result, {}, {}};
  }
};

}  // namespace

at::Tensor max_pool_planes(const at::Tensor& x, at::IntArrayRef kernel, at::IntArrayRef stride) {
  return MaxPoolPlanes::apply(x, kernel, stride);
}

}  // namespace pare::engine
