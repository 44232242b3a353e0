#include "compress/prune/channels/matrix.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "core/parallel.h"

namespace pare {
namespace {

constexpr size_t kTile = 8;                        // sums kept in registers at a time
constexpr size_t kStripe = 32;                     // columns that one thread works on, so that they stay in its cache
constexpr size_t kMostElements = size_t{1} << 24;  // of a matrix that is read in parts: 128 MiB
constexpr double kDamping = 0.01;

// In a fixed order that vector registers can follow.
double dot(const double* a, const double* b, size_t count) {
  std::array<double, kTile> sums{};
  size_t i = 0;
  for (; i + kTile <= count; i += kTile)
    for (size_t j = 0; j < kTile; ++j) sums[j] += a[i + j] * b[i + j];
  double sum = 0;
  for (; i < count; ++i) sum += a[i] * b[i];
  for (const double s : sums) sum += s;
  return sum;
}

// Adds A A^T to the lower triangle, some stripes of it at a time.
void add_gram(const Matrix& a, Matrix& result, const std::function<void(size_t stripes)>& done) {
  constexpr size_t kAtOnce = 16;
  const size_t stripes = (a.rows() + kStripe - 1) / kStripe;
  for (size_t first = 0; first < stripes; first += kAtOnce) {
    const size_t count = std::min(kAtOnce, stripes - first);
    parallel_for(count, [&](size_t s) {
      const size_t from = (first + s) * kStripe, to = std::min(from + kStripe, a.rows());
      for (size_t r = 0; r < to; ++r)
        for (size_t c = std::max(from, r); c < to; ++c)
          result.at(c, r) += dot(a.row(c).data(), a.row(r).data(), a.columns());
    });
    if (done) done(count);
  }
}

void mirror(Matrix& a) {
  for (size_t r = 0; r < a.rows(); ++r)
    for (size_t c = r + 1; c < a.rows(); ++c) a.at(r, c) = a.at(c, r);
}

}  // namespace

Matrix gram(const Matrix& a) {
  Matrix result(a.rows(), a.rows());
  add_gram(a, result, {});
  mirror(result);
  return result;
}

Matrix gram(size_t rows, size_t columns, Progress& progress,
            const std::function<void(size_t from, Matrix& part)>& fill) {
  const size_t most = std::max(kMostElements / std::max<size_t>(rows, 1), kTile);
  const size_t parts = (columns + most - 1) / most, stripes = (rows + kStripe - 1) / kStripe;
  Stage stage(progress, "products", parts * stripes);
  uint64_t done = 0;
  Matrix result(rows, rows);
  for (size_t from = 0; from < columns; from += most) {
    Matrix part(rows, std::min(most, columns - from));
    fill(from, part);
    add_gram(part, result, [&](size_t count) {
      stage.advance(done += count);
      stage.check();
    });
  }
  mirror(result);
  return result;
}

Matrix submatrix(const Matrix& a, std::span<const size_t> indices) {
  Matrix result(indices.size(), indices.size());
  for (size_t r = 0; r < indices.size(); ++r)
    for (size_t c = 0; c < indices.size(); ++c) result.at(r, c) = a.at(indices[r], indices[c]);
  return result;
}

void cholesky(Matrix& a) {
  const size_t n = a.rows();
  for (size_t from = 0; from < n; from += kStripe) {
    const size_t to = std::min(from + kStripe, n);
    for (size_t c = from; c < to; ++c) {
      for (size_t k = from; k <= c; ++k) {
        const double rest = a.at(c, k) - dot(a.row(c).data(), a.row(k).data(), k);
        if (k < c) {
          a.at(c, k) = rest / a.at(k, k);
        } else {
          ensure(rest > 0, "a matrix of inputs is not positive definite");
          a.at(c, c) = std::sqrt(rest);
        }
      }
    }
    parallel_for(n - to, [&](size_t i) {
      const auto row = a.row(to + i);
      for (size_t k = from; k < to; ++k) row[k] = (row[k] - dot(row.data(), a.row(k).data(), k)) / a.at(k, k);
    });
  }
  for (size_t r = 0; r < n; ++r) std::fill(a.row(r).begin() + static_cast<std::ptrdiff_t>(r) + 1, a.row(r).end(), 0);
}

Matrix inverse_of_lower(const Matrix& lower) {
  const size_t n = lower.rows();
  Matrix result(n, n);
  parallel_for((n + kStripe - 1) / kStripe, [&](size_t s) {
    const size_t from = s * kStripe, to = std::min(from + kStripe, n);
    for (size_t r = from; r < n; ++r) {
      const auto row = result.row(r);
      for (size_t k = from; k < r; ++k) {
        const double factor = lower.at(r, k);
        const double* other = result.row(k).data();
        for (size_t c = from; c < to; ++c) row[c] -= factor * other[c];
      }
      if (r < to) row[r] += 1;
      for (size_t c = from; c < to; ++c) row[c] /= lower.at(r, r);
    }
  });
  return result;
}

void solve_cholesky(const Matrix& lower, std::span<double> b) {
  const size_t n = lower.rows();
  for (size_t r = 0; r < n; ++r) b[r] = (b[r] - dot(lower.row(r).data(), b.data(), r)) / lower.at(r, r);
  for (size_t r = n; r-- > 0;) {
    b[r] /= lower.at(r, r);
    const double* row = lower.row(r).data();
    for (size_t c = 0; c < r; ++c) b[c] -= row[c] * b[r];
  }
}

void damp(Matrix& a) {
  double sum = 0;
  for (size_t i = 0; i < a.rows(); ++i) sum += a.at(i, i);
  const double more = sum > 0 ? kDamping * sum / static_cast<double>(a.rows()) : 1;
  for (size_t i = 0; i < a.rows(); ++i) a.at(i, i) += more;
}

}  // namespace pare
