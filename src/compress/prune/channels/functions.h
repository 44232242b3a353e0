// Which ops only change the size of what passes through them.
#pragma once

#include "format/op.h"

namespace pare {

// Ops of one activation whose output has its shape and channels in the same place.
inline bool is_function(OpKind op) {
  switch (op) {
    case OpKind::relu:
    case OpKind::leaky_relu:
    case OpKind::prelu:
    case OpKind::elu:
    case OpKind::celu:
    case OpKind::selu:
    case OpKind::clip:
    case OpKind::sigmoid:
    case OpKind::hard_sigmoid:
    case OpKind::hard_swish:
    case OpKind::tanh:
    case OpKind::softplus:
    case OpKind::softsign:
    case OpKind::mish:
    case OpKind::gelu:
    case OpKind::erf:
    case OpKind::exp:
    case OpKind::log:
    case OpKind::sqrt:
    case OpKind::abs:
    case OpKind::neg:
    case OpKind::reciprocal:
    case OpKind::pow:
    case OpKind::thresholded_relu:
    case OpKind::shrink:
    case OpKind::identity:
    case OpKind::dropout:
    case OpKind::batch_normalization:
    case OpKind::instance_normalization:
    case OpKind::group_normalization:
    case OpKind::layer_normalization:
      return true;
    default:
      return false;
  }
}

}  // namespace pare
