// pare compare: how far two models agree on data, and where they part.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "cli/command.h"
#include "cli/command_line.h"
#include "core/error.h"
#include "core/model_file.h"

namespace pare::cli {
namespace {

struct CompareFlags : DataFlags, EngineFlags {
  std::string a, b, split = "validation";
  int64_t batch = 256;
  double tolerance = 1e-3;
  void visit(ParamVisitor& v) {
    v.field("a", a, "first model");
    v.field("b", b, "second model");
    DataFlags::visit(v);
    v.field("split", split, "part of the data", {"train", "validation", "test"});
    v.field("batch", batch, "samples at a time", {1, 65536});
    v.field("tolerance", tolerance, "largest relative difference of a layer that counts as the same", {0, 1e9});
    EngineFlags::visit(v);
  }
};

// Largest difference, over the larger of the two largest magnitudes.
double relative_difference(const Tensor& a, const Tensor& b) {
  double difference = 0, magnitude = 1e-30;
  const auto x = a.view<float>(), y = b.view<float>();
  for (size_t i = 0; i < x.size(); ++i) {
    difference = std::max(difference, std::abs(static_cast<double>(x[i]) - y[i]));
    magnitude = std::max({magnitude, std::abs(static_cast<double>(x[i])), std::abs(static_cast<double>(y[i]))});
  }
  return difference / magnitude;
}

// Values that both graphs compute under the same name, in the order of the first.
struct Pair {
  ValueId a, b;
  std::string name;
};
std::vector<Pair> common_values(const Graph& a, const Graph& b) {
  std::map<std::string_view, ValueId> in_b;
  for (const auto& node : b.nodes)
    if (!node.dead)
      for (const ValueId id : node.outputs)
        if (id != kNoValue) in_b[b.value(id).name] = id;
  std::vector<Pair> pairs;
  for (const auto& node : a.nodes) {
    if (node.dead) continue;
    for (const ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      const auto found = in_b.find(a.value(id).name);
      if (found != in_b.end()) pairs.push_back({id, found->second, a.value(id).name});
    }
  }
  return pairs;
}

int run_compare(CommandLine& line) {
  CompareFlags o;
  line.parse(o, {{"a", "A"}, {"b", "B"}});
  const Graph a = load_model(o.a), b = load_model(o.b);
  ensure(a.inputs.size() == b.inputs.size() && a.outputs.size() == b.outputs.size(),
         "the models have different numbers of inputs or outputs");
  const Data data = o.open(&a);
  check_data(b, data);
  const DatasetPtr part = o.split == "train" ? data.train : o.split == "test" ? data.test : data.validation;
  ensure(part && part->size() > 0, "{} has no {} split", o.data, o.split);
  const auto engine = open_engine(o.engine_options());

  Loader loader(part, {.batch = o.batch});
  Stage stage(line.progress(), "comparing", part->size());
  Batch batch;
  int64_t samples = 0, agree = 0;
  double largest = 0;
  std::string first_layer, how;
  while (loader.next(batch)) {
    stage.check();
    const Tensor y = engine->run(a, batch.inputs)[0], z = engine->run(b, batch.inputs)[0];
    ensure(y.shape() == z.shape() && y.dtype() == DType::f32 && z.dtype() == DType::f32,
           "the models' outputs differ in shape or type");
    const auto p = y.view<float>(), q = z.view<float>();
    const size_t width = p.size() / static_cast<size_t>(batch.size);
    for (size_t i = 0; i < p.size(); i += width) {
      const auto best = [&](std::span<const float> v) { return std::max_element(v.begin(), v.end()) - v.begin(); };
      agree += best(p.subspan(i, width)) == best(q.subspan(i, width));
      for (size_t k = i; k < i + width; ++k) largest = std::max(largest, std::abs(static_cast<double>(p[k]) - q[k]));
    }
    if (samples == 0) {
      const auto pairs = common_values(a, b);
      std::vector<ValueId> ids_a, ids_b;
      for (const auto& pair : pairs) ids_a.push_back(pair.a), ids_b.push_back(pair.b);
      const auto values_a = engine->run(a, batch.inputs, ids_a), values_b = engine->run(b, batch.inputs, ids_b);
      for (size_t i = 0; i < pairs.size() && first_layer.empty(); ++i) {
        if (values_a[i].dtype() != DType::f32 || values_b[i].dtype() != DType::f32) continue;
        if (values_a[i].shape() != values_b[i].shape()) {
          first_layer = pairs[i].name;
          how =
              fmt::format("shapes {} and {}", fmt::join(values_a[i].shape(), "x"), fmt::join(values_b[i].shape(), "x"));
          continue;
        }
        const double d = relative_difference(values_a[i], values_b[i]);
        if (d > o.tolerance) first_layer = pairs[i].name, how = fmt::format("relative difference {:.3g}", d);
      }
    }
    samples += batch.size;
    stage.advance(static_cast<uint64_t>(samples));
  }
  const double agreement = static_cast<double>(agree) / static_cast<double>(samples);
  nlohmann::ordered_json json = {{"a", o.a},
                                 {"b", o.b},
                                 {"data", data.description},
                                 {"split", o.split},
                                 {"samples", samples},
                                 {"same_class", agree},
                                 {"agreement", agreement},
                                 {"largest_difference", largest},
                                 {"tolerance", o.tolerance}};
  json["first_differing_value"] =
      first_layer.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(first_layer);
  line.print(json, [&] {
    std::string text = fmt::format("same class for {} of {} samples ({:.2f} %), largest output difference {:.3g}\n",
                                   grouped(agree), grouped(samples), agreement * 100, largest);
    text += first_layer.empty()
                ? fmt::format("no value of the same name differs by more than {:.3g} (relative)\n", o.tolerance)
                : fmt::format("first value that differs: {} ({})\n", first_layer, how);
    CommandLine::print_text(text);
  });
  return 0;
}

}  // namespace

extern const Command command_compare = {"compare", "agreement of two models on data",
                                        "pare compare a.onnx b.pare --data mnist:DIR", run_compare};

}  // namespace pare::cli
