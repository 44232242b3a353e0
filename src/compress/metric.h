// What a network is judged by: one number. Evaluations of the engine are such numbers, and so is what a command of the
// user's prints.
#pragma once

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "core/data/dataset.h"
#include "core/graph.h"
#include "core/onnx/onnx.h"
#include "core/progress.h"
#include "train/engine.h"

namespace pare {

class Metric {
 public:
  virtual ~Metric() = default;
  virtual std::string name() const = 0;      // as in reports: "top1", "command"
  virtual std::string identity() const = 0;  // of two metrics with the same one, the numbers compare
  virtual bool larger_is_better() const { return true; }
  // A finite number. Error(cancelled) when the user stopped it.
  virtual double measure(const Graph& graph, Progress& progress) = 0;
};
// {"name": "command", "value": 0.93, "larger_is_better": true}
nlohmann::ordered_json to_json(const Metric& metric, double value);

// A figure of train/evaluation.h on one part of a data set; Error(invalid) for another name. Both must outlive the
// metric.
std::unique_ptr<Metric> data_metric(const std::string& name, Engine& engine, const Dataset& data);

// The last line that a command prints; larger is better. /bin/sh runs it; the path of the network, exported to a
// temporary ONNX file, is its last argument: the text gets "$@" at its end, unless it speaks of $1 or $@ itself. The
// command line alone says commands, never a recipe: a recipe from somewhere else must not run programs.
struct MetricOptions {
  std::string metric_command;
  double metric_timeout = 3600;
  template <class V>
  void visit(V& v) {
    v.field("metric_command", metric_command,
            "command that gets the network's ONNX file as its last argument and prints a number, larger is better");
    v.field("metric_timeout", metric_timeout, "seconds after which the metric command has failed", {0.001, 1e7});
  }
};
// Null when there is no command. Error(invalid) from measure() when the command fails, prints no number at the end or
// takes too long, with the end of what it wrote to stderr.
std::unique_ptr<Metric> command_metric(const MetricOptions& options, const ExportOptions& how = {});

}  // namespace pare
