#include "core/data/mixup.h"

#include <cmath>

#include "core/error.h"
#include "core/random.h"

namespace pare {
namespace {

// Gamma(shape, 1) by Marsaglia and Tsang (2000); below 1 through Gamma(shape + 1).
double gamma(double shape, Random& random) {
  if (shape < 1) {
    const double u = 1 - random.uniform();  // (0, 1]
    return gamma(shape + 1, random) * std::pow(u, 1 / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = random.normal(), t = 1 + c * x;
    if (t <= 0) continue;
    const double v = t * t * t, u = 1 - random.uniform();
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double beta(double alpha, Random& random) {
  const double a = gamma(alpha, random), b = gamma(alpha, random);
  return a + b > 0 ? a / (a + b) : static_cast<double>(random.below(2));  // both vanish: Beta(0, 0) is a coin
}

void mix_rows(Tensor& tensor, float share) {
  const auto rows = static_cast<size_t>(tensor.dim(0));
  const std::span<float> values = tensor.edit<float>();
  const size_t width = values.size() / rows;
  for (size_t i = 0, j = rows - 1; i < j; ++i, --j) {
    float *x = values.data() + i * width, *y = values.data() + j * width;
    for (size_t k = 0; k < width; ++k) {
      const float a = x[k], b = y[k];
      x[k] = share * a + (1 - share) * b;
      y[k] = share * b + (1 - share) * a;
    }
  }
}

Tensor distributions(const Tensor& labels, int64_t classes) {
  Tensor spread(DType::f32, {labels.dim(0), classes});
  const std::span<float> shares = spread.edit<float>();
  size_t row = 0;
  for (const int64_t label : labels.view<int64_t>()) {
    ensure(label >= 0 && label < classes, "the data has class {}, the network has {} outputs", label, classes);
    shares[row++ * static_cast<size_t>(classes) + static_cast<size_t>(label)] = 1;
  }
  return spread;
}

}  // namespace

void mixup(Batch& batch, double alpha, int64_t classes, uint64_t key) {
  for (const Tensor& input : batch.inputs) ensure(input.dtype() == DType::f32, "mixup needs inputs of f32");
  ensure(batch.target.dtype() == DType::f32 || batch.target.rank() == 1, "mixup does not work on maps of classes");
  Random random{key, hash_of("mixup")};
  const auto share = static_cast<float>(beta(alpha, random));
  if (batch.target.dtype() != DType::f32) batch.target = distributions(batch.target, classes);
  for (Tensor& input : batch.inputs) mix_rows(input, share);
  mix_rows(batch.target, share);
}

}  // namespace pare
