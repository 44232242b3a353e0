// Step `share_weights`: every weight becomes one of 2^bits shared values (trained quantization of Deep Compression).
// What the step decides is a codebook grid on the value; training afterwards moves the shared values.
#include <algorithm>
#include <cmath>
#include <set>

#include "compress/options.h"
#include "compress/share/kmeans.h"
#include "core/error.h"
#include "core/per_layer.h"
#include "core/random.h"
#include "train/rates.h"

namespace pare {
namespace {

struct ShareOptions {
  PerLayer<int64_t> bits = int64_t{5};
  int64_t biases = 0;
  std::string init = "exact";
  std::string codebook = "f16";
  LayerFilter filter;
  TrainOptions train;
  ShareOptions() {
    train.epochs = 0;
    train.rate = 0.001;
  }

  void visit(ParamVisitor& v) {
    v.field("bits", bits, "bits per weight, one number or per layer: 2^bits shared values, zero among them", {1, 8});
    v.field("biases", biases, "bits per bias; 0 leaves biases as they are", {0, 8});
    v.field("init", init,
            "how the shared values are found: exact k-means, or Lloyd's from a linear, density or random start",
            {"exact", "linear", "density", "random"});
    v.field("codebook", codebook,
            "the shared values are rounded to this type at the end, which shortens the codebooks in a .pare file",
            {"f32", "f16", "bf16"});
    filter.visit(v);
    visit_train(v, train, {{"epochs", "finetune_epochs"}});
  }
};

struct Shared {
  std::string name;
  ValueId value;
  int64_t bits;
};

ShareOptions read(const Param& params, const Param& defaults) {
  return read_options<ShareOptions>(params, without_rate(defaults));
}

std::vector<double> find_centres(const Points& points, size_t k, std::string_view init, uint64_t seed) {
  if (init == "linear") return kmeans_lloyd(points, start_linear(points, k));
  if (init == "density") return kmeans_lloyd(points, start_density(points, k));
  if (init == "random") return kmeans_lloyd(points, start_random(points, k, seed));
  return kmeans_exact(points, k);
}

uint8_t bits_for(size_t entries) {
  uint8_t bits = 1;
  while ((size_t{1} << bits) < entries) ++bits;
  return bits;
}

// Sets grid, levels and values of one constant. Zeros keep an entry of their own. Returns the root mean square error.
double share(Value& value, const Shared& what, const ShareOptions& options, uint64_t seed) {
  const std::span<const float> weights = value.constant->view<float>();
  std::vector<float> rest;
  for (const float w : weights) {
    ensure(std::isfinite(w), "layer '{}' has weights that are no finite numbers", what.name);
    if (w != 0) rest.push_back(w);
  }
  const bool zeros = rest.size() < weights.size();
  const size_t room = (size_t{1} << what.bits) - (zeros ? 1 : 0);
  std::vector<float> entries;
  if (!rest.empty()) {
    for (const double centre : find_centres(collect(std::move(rest)), room, options.init, seed)) {
      entries.push_back(static_cast<float>(centre));
    }
  }
  // What is not zero must not become zero: such an entry would be pruned by accident.
  std::erase(entries, 0.0F);
  if (entries.empty() && !zeros) entries.push_back(0);
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());

  std::vector<float> codebook = entries;
  const auto zero = static_cast<size_t>(std::lower_bound(codebook.begin(), codebook.end(), 0.0F) - codebook.begin());
  if (zeros) codebook.insert(codebook.begin() + static_cast<std::ptrdiff_t>(zero), 0.0F);

  Tensor levels(DType::i32, value.constant->shape());
  const std::span<int32_t> level = levels.edit<int32_t>();
  double squares = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    size_t at = zero;
    if (!zeros || (weights[i] != 0 && !entries.empty())) {
      at = nearest_centre(entries, weights[i]);
      if (zeros && at >= zero) ++at;
    }
    level[i] = static_cast<int32_t>(at);
    const double error = static_cast<double>(codebook[at]) - static_cast<double>(weights[i]);
    squares += error * error;
  }
  if (zeros) {  // all of them are masked from now on, so that training cannot move the entry that is zero
    BitMask mask = value.encoding.mask.value_or(BitMask(weights.size()));
    for (size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] == 0) mask.set(i, false);
    }
    value.encoding.mask = std::move(mask);
  }
  Grid grid;
  grid.kind = GridKind::codebook;
  grid.bits = bits_for(codebook.size());
  grid.is_signed = false;
  grid.codebook = std::move(codebook);
  value.constant = take(dequantize(grid, levels, levels.shape()), what.name);
  value.encoding.grid = std::move(grid);
  value.encoding.levels = std::move(levels);
  return weights.empty() ? 0 : std::sqrt(squares / static_cast<double>(level.size()));
}

// The nearest value of the narrower type, but for entries that would become zero or infinite there: they stay.
float rounded(float entry, std::string_view type) {
  const float near = type == "f16" ? f16_to_f32(f32_to_f16(entry)) : bf16_to_f32(f32_to_bf16(entry));
  return near == 0 || !std::isfinite(near) ? entry : near;
}

void round_codebook(Value& value, std::string_view type, const std::string& name) {
  if (type == "f32") return;
  for (float& entry : value.encoding.grid->codebook) entry = rounded(entry, type);
  value.constant = take(dequantize(*value.encoding.grid, *value.encoding.levels, value.constant->shape()), name);
}

std::vector<Shared> choose(const Graph& graph, const ShareOptions& options) {
  const std::vector<Layer> all = layers(graph);
  std::vector<Shared> result;
  std::set<ValueId> seen;
  for (const Layer& layer : select(graph, options.filter)) {
    const auto index = static_cast<size_t>(std::find(all.begin(), all.end(), layer) - all.begin());
    if (seen.insert(layer.weight).second)
      result.push_back({layer.name, layer.weight, value_for(options.bits, all, index)});
    if (options.biases > 0 && layer.bias != kNoValue && seen.insert(layer.bias).second) {
      result.push_back({layer.name + " (bias)", layer.bias, options.biases});
    }
  }
  ensure(!result.empty(), "share_weights: no layer is left to share");
  return result;
}

void run(Session& session, const Param& params) {
  const ShareOptions options = read(params, session.train_defaults);
  const std::vector<Shared> chosen = choose(session.graph, options);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  {
    Stage stage(session.progress, "share weights", chosen.size());
    for (size_t i = 0; i < chosen.size(); ++i) {
      stage.check();
      Value& value = session.graph.value(chosen[i].value);
      const double error = share(value, chosen[i], options, mix({session.seed, i}));
      rows.push_back({{"layer", chosen[i].name},
                      {"bits", value.encoding.grid->bits},
                      {"entries", value.encoding.grid->codebook.size()},
                      {"rms_error", error}});
      stage.advance(i + 1);
    }
  }
  session.report.details["layers"] = std::move(rows);
  session.fit(options.train);
  for (const Shared& shared : chosen) round_codebook(session.graph.value(shared.value), options.codebook, shared.name);
}

}  // namespace

extern const StepDef step_share_weights;
const StepDef step_share_weights{"share_weights",
                                 "gives each layer a codebook of shared values (k-means) and trains it",
                                 run,
                                 [](const Param& params, const Param& defaults) {
                                   const ShareOptions options = read(params, defaults);
                                   return StepPlan{params_to_json(options), options.train.epochs};
                                 },
                                 [] { return params_info(ShareOptions{}); },
                                 true,
                                 [](const Graph& graph, const Param& params, const Param& defaults) {
                                   const ShareOptions options = read(params, defaults);
                                   check_rules(layers(graph), options.bits, "bits");
                                   if (options.train.epochs > 0) rate_factors(graph, options.train);
                                   choose(graph, options);
                                 }};

}  // namespace pare
