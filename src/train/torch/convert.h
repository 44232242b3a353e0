// Between our tensors and LibTorch's.
#pragma once

#include "format/tensor.h"
#include "train/torch/aten.h"

namespace pare::engine {

// LibTorch's type for values of `type` inside the engine: every float computes as f32, and unsigned types that
// LibTorch lacks are held in the next wider signed one (u64 in i64).
at::ScalarType scalar_type(DType type);

// Shares the tensor's bytes where the type stays the same; they must not be written through the result.
at::Tensor to_aten(const Tensor& tensor);
// Copies to a dense tensor of type `wanted`; none: the type it has.
Tensor from_aten(const at::Tensor& tensor, DType wanted = DType::none);

// Elements of a small integer tensor: the shape, axes or pads operand of an op.
std::vector<int64_t> integers(const at::Tensor& tensor);

}  // namespace pare::engine
