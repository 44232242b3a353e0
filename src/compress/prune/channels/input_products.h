// What a layer's inputs have in common on calibration data: H = X X^T over what its weight multiplies.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/layer_matrix.h"
#include "compress/prune/channels/matrix.h"
#include "compress/prune/channels/slices.h"

namespace pare {

// Rows of X are numbered input * taps + tap, columns are samples and places.
struct InputProducts {
  LayerMatrix layer;
  Matrix products;               // H; empty where X has more rows than can be handled
  std::vector<double> diagonal;  // of H
  double energy = 0;             // sum of the squared outputs, without bias

  size_t rows() const { return diagonal.size(); }
  // Weights of one output, in the order of X's rows.
  std::vector<double> weights_of(const Graph& graph, size_t output) const;
};
// Of Conv without groups, Gemm and MatMul with a constant matrix on the right that one node alone uses; nothing of
// others. `member` is one that reads.
std::optional<InputProducts> input_products(const ChannelContext& context, const ChannelMember& member);
// The rows of X that go with an index of the weight's input axis: [index * taps, (index + 1) * taps).
std::vector<std::vector<size_t>> rows_of_channels(const ChannelContext& context, const ChannelGroup& group,
                                                  const ChannelMember& member, const LayerMatrix& layer);
// Every weight that reads channels and has input products, once: groups may lie side by side on it (behind a Concat).
// `groups` are their numbers; `member` is what such a group has there, but for its channels.
using VisitReader =
    std::function<void(InputProducts& input, const ChannelMember& member, std::span<const size_t> groups)>;
void for_readers(const ChannelContext& context, const VisitReader& visit);

}  // namespace pare
