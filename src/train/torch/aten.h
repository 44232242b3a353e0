// The only include of LibTorch. ATen and the autograd hooks are enough for training; torch/torch.h costs three times
// the compile time and is not needed.
#pragma once

#include <ATen/core/ivalue.h>  // first, in a block of its own: clang 14 at C++20 wants it before ATen.h

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/version.h>

#include <optional>

namespace pare::engine {

// What LibTorch's signatures take: its own optional until 2.4, the standard one since.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
template <class T>
using Optional = std::optional<T>;
#else
template <class T>
using Optional = c10::optional<T>;
#endif

}  // namespace pare::engine
