// The only include of LibTorch. ATen and the autograd hooks are enough for training; torch/torch.h costs three times
// the compile time and is not needed.
#pragma once

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/ivalue.h>  // before ATen.h: clang 14 at C++20 wants this order
#include <torch/csrc/autograd/custom_function.h>
#include <torch/version.h>
