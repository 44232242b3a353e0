#include "core/rank.h"

#include <algorithm>
#include <vector>

#include "core/parallel.h"

namespace pare {
namespace {

constexpr double kMostOperations = 1e11;

// Products of all pairs of the vectors, lower half. Vector i is vectors[i * length ...].
std::vector<double> gram(std::span<const float> vectors, size_t count, size_t length) {
  std::vector<double> result(count * count);
  parallel_for(count, [&](size_t i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (size_t k = 0; k < length; ++k)
        sum += static_cast<double>(vectors[i * length + k]) * static_cast<double>(vectors[j * length + k]);
      result[i * count + j] = sum;
    }
  });
  for (size_t i = 0; i < count; ++i)
    for (size_t j = i + 1; j < count; ++j) result[i * count + j] = result[j * count + i];
  return result;
}

// Of a symmetric matrix without negative eigenvalues; destroys it.
int64_t rank_by_cholesky(std::vector<double>& a, size_t n, double tolerance) {
  std::vector<size_t> left(n);
  for (size_t i = 0; i < n; ++i) left[i] = i;
  double floor = -1;
  for (size_t step = 0; step < n; ++step) {
    const auto pivot =
        std::max_element(left.begin(), left.end(), [&](size_t i, size_t j) { return a[i * n + i] < a[j * n + j]; });
    const size_t p = *pivot;
    const double size = a[p * n + p];
    if (floor < 0) floor = size * tolerance * tolerance;
    if (size <= floor || size <= 0) return static_cast<int64_t>(step);
    left.erase(pivot);
    for (const size_t i : left) {
      const double factor = a[i * n + p] / size;
      for (const size_t j : left) a[i * n + j] -= factor * a[p * n + j];
    }
  }
  return static_cast<int64_t>(n);
}

}  // namespace

std::optional<int64_t> numerical_rank(std::span<const float> matrix, size_t rows, size_t columns) {
  if (rows == 0 || columns == 0) return 0;
  const size_t count = std::min(rows, columns), length = std::max(rows, columns);
  const auto operations = static_cast<double>(count) * static_cast<double>(count) *
                          (static_cast<double>(length) + static_cast<double>(count));
  if (operations > kMostOperations) return std::nullopt;
  std::vector<float> turned;
  if (columns < rows) {
    turned.resize(matrix.size());
    for (size_t r = 0; r < rows; ++r)
      for (size_t c = 0; c < columns; ++c) turned[c * rows + r] = matrix[r * columns + c];
    matrix = turned;
  }
  std::vector<double> products = gram(matrix, count, length);
  constexpr double kRounding = 1.0 / (1 << 23);
  return rank_by_cholesky(products, count, kRounding * static_cast<double>(length));
}

}  // namespace pare
