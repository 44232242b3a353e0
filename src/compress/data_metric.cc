#include "compress/metric.h"
#include "core/error.h"

namespace pare {
namespace {

class DataMetric final : public Metric {
 public:
  DataMetric(std::string name, Engine& engine, const Dataset& data)
      : name_(std::move(name)), engine_(engine), data_(data) {
    ensure(name_ == "top1" || name_ == "top5" || name_ == "loss", "unknown metric '{}' (there are top1, top5, loss)",
           name_);
  }
  std::string name() const override { return name_; }
  std::string identity() const override { return fmt::format("{} of {} samples", name_, data_.size()); }
  bool larger_is_better() const override { return name_ != "loss"; }
  double measure(const Graph& graph, Progress& progress) override {
    const Evaluation e = engine_.evaluate(graph, data_, {}, progress);
    return name_ == "top1" ? e.top1 : name_ == "top5" ? e.top5 : e.loss;
  }

 private:
  std::string name_;
  Engine& engine_;
  const Dataset& data_;
};

}  // namespace

nlohmann::ordered_json to_json(const Metric& metric, double value) {
  return {{"name", metric.name()}, {"value", value}, {"larger_is_better", metric.larger_is_better()}};
}

std::unique_ptr<Metric> data_metric(const std::string& name, Engine& engine, const Dataset& data) {
  return std::make_unique<DataMetric>(name, engine, data);
}

}  // namespace pare
