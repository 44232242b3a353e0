#include <fmt/ranges.h>

#include "compress/metric.h"
#include "core/error.h"
#include "train/evaluation.h"

namespace pare {
namespace {

const FigureDef& find_figure(const std::string& name) {
  std::vector<std::string_view> names;
  for (const FigureDef& figure : figure_list()) {
    if (figure.name == name) return figure;
    names.push_back(figure.name);
  }
  fail(Code::invalid, "unknown metric '{}' (there are {})", name, fmt::join(names, ", "));
}

class DataMetric final : public Metric {
 public:
  DataMetric(const FigureDef& figure, Engine& engine, const Dataset& data)
      : figure_(figure), engine_(engine), data_(data) {}
  std::string name() const override { return std::string(figure_.name); }
  std::string identity() const override { return fmt::format("{} of {} samples", figure_.name, data_.size()); }
  bool larger_is_better() const override { return figure_.larger_is_better; }
  double measure(const Graph& graph, Progress& progress) override {
    const Evaluation e = engine_.evaluate(graph, data_, {}, progress);
    ensure(figure_.applies(e), "metric {}: the targets of the data are of another kind", figure_.name);
    return figure_.value(e);
  }

 private:
  const FigureDef& figure_;
  Engine& engine_;
  const Dataset& data_;
};

}  // namespace

nlohmann::ordered_json to_json(const Metric& metric, double value) {
  return {{"name", metric.name()}, {"value", value}, {"larger_is_better", metric.larger_is_better()}};
}

std::unique_ptr<Metric> data_metric(const std::string& name, Engine& engine, const Dataset& data) {
  return std::make_unique<DataMetric>(find_figure(name), engine, data);
}

}  // namespace pare
