// Rate in the loop: what an adaptive codec would pay for a level, in the state that the levels before it have left. A
// rounding method asks for the candidates of one element, commits one, and so goes through a tensor in row-major order.
#pragma once

#include <cstdint>

namespace pare {

class RateModel {
 public:
  virtual ~RateModel() = default;
  // Bits that do not depend on single levels: parameters, the end of the payload.
  virtual double fixed_bits() const = 0;
  // Bits of the element at the current position, were it `level`. Levels beyond those of the first guess cost more than
  // they would once the encoder knows of them.
  virtual double bits(int32_t level) = 0;
  // Moves on. When the first guess is committed, bits before each commit and fixed_bits() sum up to the coded size,
  // within 1 % or 32 bits.
  virtual void commit(int32_t level) = 0;
};

}  // namespace pare
