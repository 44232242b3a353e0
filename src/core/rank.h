// How many rows of a matrix say something of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace pare {

// Numerical rank of a row-major matrix: what a Cholesky factorization with pivots of its smaller Gram matrix finds
// above the rounding of float weights (largest dimension * 2^-23 of the largest singular value). Nothing for matrices
// that would take more than about 10^11 operations.
std::optional<int64_t> numerical_rank(std::span<const float> matrix, size_t rows, size_t columns);

}  // namespace pare
