#include "compress/prune/channels/target.h"

#include <algorithm>
#include <cstring>

#include "compress/latency.h"
#include "core/cost.h"
#include "core/error.h"

namespace pare {
namespace {

const std::vector<std::string> kCosts = {"channels", "parameters", "macs", "bytes", "latency"};

// A measurement differs from process to process, and all of them have to cut the same: that of the main one counts.
double agreed(Engine& engine, double measured) {
  std::vector<std::byte> bytes(sizeof measured);
  std::memcpy(bytes.data(), &measured, sizeof measured);
  bytes = engine.share(std::move(bytes));
  std::memcpy(&measured, bytes.data(), sizeof measured);
  return measured;
}

}  // namespace

CostTarget read_target(const Param& param) {
  if (param.is_null()) return {};
  const std::string place = param.where.empty() ? "" : param.where + ": ";
  ensure(param.kind == Param::Kind::map && param.entries.size() == 1,
         "{}target is one cost and the share of it that is left, such as {{macs: 0.5}}", place);
  const auto& [of, kept] = param.entries.front();
  if (std::find(kCosts.begin(), kCosts.end(), of) == kCosts.end()) {
    const std::string guess = nearest(of, kCosts);
    fail(Code::invalid, "{}unknown target '{}'{}: {}", place, of,
         guess.empty() ? "" : " (did you mean '" + guess + "'?)", fmt::join(kCosts, ", "));
  }
  const CostTarget target{of, kept.as_real()};
  ensure(target.kept > 0 && target.kept <= 1, "{}target {}: the share that is left is above 0 and at most 1", place,
         of);
  return target;
}

double CostMeter::cost(const Graph& graph) const {
  if (of_ == "parameters") return static_cast<double>(cost_of_dims(graph).parameters);
  if (of_ == "macs") return static_cast<double>(cost_of_dims(graph).macs);
  if (of_ == "bytes") return static_cast<double>(pack(graph, packing_).size());
  ensure(of_ == "latency", "{} is not the cost of a graph", of_);
  return agreed(engine_(), latency(engine_(), graph));
}

double CostMeter::cost_after(const Graph& graph, const Channels& channels, const std::vector<bool>& removed) const {
  Graph smaller = graph;
  if (of_ == "bytes" || of_ == "latency")
    remove_channels(smaller, channels, removed);
  else
    shrink_dims(smaller, channels, removed);
  return cost(smaller);
}

Shares shares_around(const std::function<std::vector<bool>(double share)>& removed,
                     const std::function<double(const std::vector<bool>&)>& cost, double limit, KnownCosts& known) {
  constexpr int kHalvings = 24;
  const auto fits = [&](double share) {
    std::vector<bool> gone = removed(share);
    const auto found = known.find(gone);
    if (found != known.end()) return found->second <= limit;
    const double answer = cost(gone);
    known.emplace(std::move(gone), answer);
    return answer <= limit;
  };
  if (fits(0)) return {0, 0};
  if (!fits(1)) return {1, 1};
  Shares around{0, 1};
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (around.low + around.high) / 2;
    (fits(middle) ? around.high : around.low) = middle;
  }
  return around;
}

}  // namespace pare
