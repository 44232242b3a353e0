// Which elements a slice takes along one axis.
#pragma once

#include <algorithm>
#include <cstdint>

namespace pare {

struct SliceRange {
  int64_t start = 0;  // first index taken; within the axis when count > 0
  int64_t step = 1;
  int64_t count = 0;
};

// numpy's rules: negative bounds count from the end, bounds beyond the ends are clamped. step != 0, size >= 0.
inline SliceRange slice_range(int64_t start, int64_t end, int64_t step, int64_t size) {
  if (size == 0) return {0, step, 0};
  if (start < 0) start += size;
  if (end < 0) end += size;
  const bool forward = step > 0;
  start = std::clamp<int64_t>(start, 0, forward ? size : size - 1);
  end = std::clamp<int64_t>(end, forward ? 0 : -1, forward ? size : size - 1);
  const int64_t distance = forward ? end - start : start - end;
  if (distance <= 0) return {0, step, 0};
  const uint64_t stride = forward ? static_cast<uint64_t>(step) : 0 - static_cast<uint64_t>(step);
  return {start, step, static_cast<int64_t>((static_cast<uint64_t>(distance) - 1) / stride + 1)};
}

}  // namespace pare
