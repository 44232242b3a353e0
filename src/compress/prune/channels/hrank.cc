// HRank: the rank of a channel's feature map, on average over images; it hardly depends on which images (Lin et al.
// 2020, "HRank: Filter Pruning using High-Rank Feature Map").
#include <algorithm>
#include <cmath>
#include <limits>

#include "compress/prune/channels/calibration.h"
#include "compress/prune/channels/slices.h"
#include "core/parallel.h"

namespace pare {
namespace {

// Rank of a matrix of f32 numbers: QR by modified Gram-Schmidt with column pivoting, until what is left
// of every column is rounding noise. Columns lie one after another; they are overwritten.
int64_t numeric_rank(std::vector<double>& a, size_t rows, size_t columns) {
  const auto column = [&](size_t c) { return std::span(a).subspan(c * rows, rows); };
  const auto dot = [](std::span<const double> x, std::span<const double> y) {
    double sum = 0;
    for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
    return sum;
  };
  double noise = 0;
  for (size_t k = 0; k < std::min(rows, columns); ++k) {
    size_t longest = k;
    double most = -1;
    for (size_t c = k; c < columns; ++c) {
      const double length = dot(column(c), column(c));
      if (length > most) {
        most = length;
        longest = c;
      }
    }
    if (k == 0) {
      const double unit = static_cast<double>(std::max(rows, columns)) * std::numeric_limits<float>::epsilon();
      noise = most * unit * unit;
    }
    if (most <= noise) return static_cast<int64_t>(k);
    std::swap_ranges(column(k).begin(), column(k).end(), column(longest).begin());
    const auto pivot = column(k);
    for (size_t c = k + 1; c < columns; ++c) {
      const auto other = column(c);
      const double share = dot(pivot, other) / most;
      for (size_t i = 0; i < rows; ++i) other[i] -= share * pivot[i];
    }
  }
  return static_cast<int64_t>(std::min(rows, columns));
}

// The map of one index of the first axis and one of the channel's: the next axis gives rows, all others columns. Of
// (n, channels, height, width) that is the image; of (n, channels) a single number.
struct Maps {
  Shape shape;
  std::vector<size_t> strides;
  size_t rows = 1, columns = 1;
  std::vector<size_t> places;  // of the map's elements, columns one after another

  Maps(const Shape& of, size_t channel_axis) : shape(of), strides(of.size(), 1) {
    for (size_t d = of.size(); d-- > 1;) strides[d - 1] = strides[d] * static_cast<size_t>(of[d]);
    std::vector<size_t> axes;
    for (size_t d = 1; d < of.size(); ++d)
      if (d != channel_axis) axes.push_back(d);
    if (!axes.empty()) rows = static_cast<size_t>(of[axes[0]]);
    places.assign(1, 0);
    for (size_t i = axes.size(); i-- > 0;) {
      std::vector<size_t> more;
      for (const size_t place : places)
        for (size_t k = 0; k < static_cast<size_t>(of[axes[i]]); ++k) more.push_back(place + k * strides[axes[i]]);
      places = std::move(more);
    }
    columns = places.size() / rows;
  }
};

std::vector<std::vector<float>> score_hrank(const ChannelContext& context) {
  ChannelMeans means(context.channels);
  for_activations(context, [&](const SeenActivation& seen) {
    const size_t axis = seen.place.axis;
    if (axis == 0 || seen.tensor.size() == 0) return;
    const ChannelGroup& group = context.channels.groups()[seen.group];
    const AxisChannels owners(context.graph, context.channels, group, seen.place.value, axis);
    const Maps maps(seen.tensor.shape(), axis);
    const auto x = seen.tensor.view<float>();
    const auto samples = static_cast<size_t>(seen.tensor.dim(0)), indices = static_cast<size_t>(seen.tensor.dim(axis));
    std::vector<double> ranks(indices);  // summed over samples
    parallel_for(indices, [&](size_t i) {
      if (owners.at(i).empty()) return;
      std::vector<double> map(maps.places.size());
      for (size_t n = 0; n < samples; ++n) {
        for (size_t e = 0; e < map.size(); ++e)
          map[e] = static_cast<double>(x[n * maps.strides[0] + i * maps.strides[axis] + maps.places[e]]);
        ranks[i] += static_cast<double>(numeric_rank(map, maps.rows, maps.columns));
      }
    });
    for (size_t i = 0; i < indices; ++i)
      for (const uint32_t channel : owners.at(i))
        means.add(seen.group, channel, ranks[i], static_cast<double>(samples));
  });
  return means.means();
}

}  // namespace

extern const ChannelCriterion channel_criterion_hrank;
const ChannelCriterion channel_criterion_hrank{.name = "hrank",
                                               .summary = "mean rank of the feature maps on calibration data",
                                               .data = true,
                                               .score_all = score_hrank};

}  // namespace pare
