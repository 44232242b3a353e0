// A network and the same network without some of its channels, side by side in one graph with the same weights W: what
// the second computes with is W m, where the mask m can change. Both answers come of one run, so that a loss can speak
// of both.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/channels/channels.h"
#include "core/graph.h"

namespace pare {

struct MaskedCopy {
  // Values of the network have the ids that they have in the one it was made of; outputs are those of the full network.
  Graph graph;
  std::string logits, masked_logits;  // values: the first output, or what goes into its Softmax

  // Every constant that learns and that the first output depends on, and its mask: a constant of the same shape, ones
  // at first.
  struct Masked {
    ValueId weight, mask;
    std::string name, mask_name;  // for when ids have changed
    std::string node;             // the product
  };
  std::vector<Masked> masks;
  // Constants of the network that the masked one has versions of its own of (running statistics of batch norms: they
  // are others where channels are missing), by name.
  std::vector<std::pair<std::string, std::string>> own;
};
// Shapes must have been inferred.
MaskedCopy with_masked_copy(const Graph& network);

// Groups (as numbers) that no mask can take anything from: they lead to other outputs than the first.
std::set<size_t> groups_without_mask(const MaskedCopy& copy, const Channels& channels);
// One float per element of a constant of the network: 0 where it lies in a removed channel, else 1.
std::vector<float> mask_without(const Graph& network, const Channels& channels, ValueId constant,
                                const std::vector<bool>& removed);
// The channels (of `network`, from which the copy was made) that the masks in `trained` remove.
std::vector<bool> masked_channels(const MaskedCopy& copy, const Graph& trained, const Graph& network,
                                  const Channels& channels);
// The network with the weights of `trained`, which is copy.graph after training, and the masked network's own constants
// where `masked`.
Graph taken_apart(const MaskedCopy& copy, const Graph& trained, const Graph& network, bool masked);

}  // namespace pare
