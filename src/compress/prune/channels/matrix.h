// The little linear algebra that criteria need, in double precision and on all cores.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "core/progress.h"

namespace pare {

// Row-major.
class Matrix {
 public:
  Matrix() = default;
  Matrix(size_t rows, size_t columns) : rows_(rows), columns_(columns), elements_(rows * columns) {}
  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }
  double& at(size_t r, size_t c) { return elements_[r * columns_ + c]; }
  double at(size_t r, size_t c) const { return elements_[r * columns_ + c]; }
  std::span<double> row(size_t r) { return {elements_.data() + r * columns_, columns_}; }
  std::span<const double> row(size_t r) const { return {elements_.data() + r * columns_, columns_}; }

 private:
  size_t rows_ = 0, columns_ = 0;
  std::vector<double> elements_;
};

// A A^T: products of all pairs of rows.
Matrix gram(const Matrix& a);
// The same where A as a whole would take too much memory: `fill` writes the part of it that begins at column `from`.
Matrix gram(size_t rows, size_t columns, Progress& progress,
            const std::function<void(size_t from, Matrix& part)>& fill);
// Rows and columns `indices` of a square matrix.
Matrix submatrix(const Matrix& a, std::span<const size_t> indices);
// Lower L with L L^T = a, in place; what is above the diagonal becomes 0. Error(invalid) where `a` is not positive
// definite.
void cholesky(Matrix& a);
// L^-1, lower.
Matrix inverse_of_lower(const Matrix& lower);
// Solves L L^T x = b in place.
void solve_cholesky(const Matrix& lower, std::span<double> b);
// Adds to the diagonal 1 % of its mean, so that a matrix of few samples can be inverted.
void damp(Matrix& a);

}  // namespace pare
