// How much is removed, said as what is left of a cost: channels, parameters, multiply-accumulates, bytes of the .pare
// file, measured latency.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/channels/channels.h"
#include "core/graph.h"
#include "core/pack/pack.h"
#include "core/params.h"
#include "train/engine.h"

namespace pare {

struct CostTarget {
  std::string of;   // "macs", ...; empty: no target
  double kept = 1;  // share that may be left
};
CostTarget read_target(const Param& param);  // {macs: 0.5}; Error(invalid) for anything else but null

// What the networks cost that are left when channels go.
class CostMeter {
 public:
  CostMeter(std::string of, const PackOptions& packing, std::function<Engine&()> engine)
      : of_(std::move(of)), packing_(packing), engine_(std::move(engine)) {}
  double cost(const Graph& graph) const;
  double cost_after(const Graph& graph, const Channels& channels, const std::vector<bool>& removed) const;

 private:
  std::string of_;
  const PackOptions& packing_;
  std::function<Engine&()> engine_;
};

// Two neighbouring shares: what goes with `low` costs more than the limit, with `high` not.
struct Shares {
  double low = 0, high = 0;  // equal: 0 fits already, or 1 does not fit
};
// By bisection: `removed` says what goes for a share (0..1), more for a larger one. `cost` is asked for what is not
// `known`, which has the costs of both answers afterwards.
using KnownCosts = std::map<std::vector<bool>, double>;
Shares shares_around(const std::function<std::vector<bool>(double share)>& removed,
                     const std::function<double(const std::vector<bool>&)>& cost, double limit, KnownCosts& known);

}  // namespace pare
