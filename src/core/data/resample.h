// Images to another size: every output pixel is a weighted mean of source pixels under a triangle, which is bilinear
// interpolation where an image grows and averages over all source pixels where it shrinks (antialiased bilinear).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pare {

// A part of an image in pixels; edges may lie between pixels.
struct Window {
  double top = 0, left = 0, height = 0, width = 0;
};

// For each output pixel along one axis: `count` weights of consecutive source pixels from `first` on, summing to 1.
struct Taps {
  size_t count = 0;
  std::vector<size_t> first;
  std::vector<float> weights;  // first.size() * count
};
// `to` output pixels from [start, start + extent) of `from` source pixels; nothing outside of that part is looked at.
Taps make_taps(int64_t from, double start, double extent, int64_t to);

// x: rows of `width` pixels of 1 or 3 interleaved channels. y: planes (channels, rows, columns). T: uint8_t or float.
template <class T>
void resample(const T* x, size_t width, size_t channels, const Taps& rows, const Taps& columns, T* y);

}  // namespace pare
