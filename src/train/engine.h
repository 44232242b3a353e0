// The door to training and evaluation. No torch type passes through it: graphs, tensors and spans of floats do.
// Implemented by train/torch (LibTorch, opened at run time) and by train/fake_engine (for tests of the methods).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/graph.h"
#include "core/params.h"
#include "core/progress.h"
#include "core/world.h"

namespace pare {

// ---- running and evaluating -------------------------------------------------------------------------------------

struct Evaluation {
  enum class Task : uint8_t { classes, class_maps, values };  // what the data's targets are
  Task task = Task::classes;
  int64_t samples = 0;
  double loss = 0;                 // mean cross entropy of classes, mean squared error of values
  int64_t answers = 0;             // classes that were asked for: samples, or pixels of class maps
  double top1 = 0, top5 = 0;       // shares of answers, 0..1; no top5 of class maps
  int64_t correct = 0;             // answers whose top-1 class is right
  double mean_iou = 0;             // of class maps: intersection over union, mean of the classes that occur
  std::vector<int64_t> confusion;  // classes x classes, row = truth; empty unless asked for
  double seconds = 0;
};
struct EvaluateOptions {
  int64_t batch = 256;
  bool confusion = false;
  std::function<void(const Tensor& logits, int64_t first)> on_logits;  // every batch of outputs, in order
};

// ---- training ---------------------------------------------------------------------------------------------------

// One term of the objective: `kind` is a row of train/torch/losses.cc ("cross_entropy", "mse", ...). Inputs name
// values: "student" is that graph's first output, "student:conv1_out" any value of it, "target" the batch's target.
struct LossTerm {
  std::string kind = "cross_entropy";
  double weight = 1;
  std::vector<std::string> inputs = {"student", "target"};
  std::map<std::string, double> options;  // label_smoothing, temperature, ...
};

// The kind of term that fits a data set's target: "cross_entropy" of classes, "mse" of values.
inline std::string task_loss(const SampleSpec& spec) {
  return spec.target.dtype == DType::i64 ? "cross_entropy" : "mse";
}

// Options of one training run, shared by every step that trains (a recipe's `train:` block gives defaults).
struct TrainOptions {
  int64_t epochs = 10, batch = 128;
  std::string optimizer = "sgd";
  double rate = 0.05, momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;
  bool decay_norm_and_bias = false;
  double beta2 = 0.999, epsilon = 1e-8;
  std::string schedule = "cosine";
  double final_rate = 0;           // share of `rate` at the end of cosine and one-cycle
  double warmup = 0;               // epochs
  std::vector<double> milestones;  // epochs, for multi-step
  double step_epochs = 30, gamma = 0.1;
  double clip_norm = 0;
  double label_smoothing = 0;
  double ema = 0;  // decay per update; 0: off
  // Which layers learn, and how fast (train/rates.h).
  PerLayer<double> rates = 1.0;
  std::vector<std::string> freeze;
  double layer_decay = 1;
  std::string precision = "float32";
  std::string sampling = "shuffle";
  Param augment;  // AugmentOptions
  bool evaluate_each_epoch = true;

  template <class V>
  void visit(V& v) {
    v.field("epochs", epochs, "passes over the training data", {0, 100000});
    v.field("batch", batch, "samples per update", {1, 65536});
    v.field("optimizer", optimizer, "update rule", {"sgd", "adam", "adamw"});
    v.field("rate", rate, "learning rate", {0, 100});
    v.field("momentum", momentum, "of sgd; beta1 of adam and adamw", {0, 0.9999});
    v.field("nesterov", nesterov, "Nesterov momentum");
    v.field("weight_decay", weight_decay, "L2 (sgd, adam) or decoupled (adamw) weight decay", {0, 10});
    v.field("decay_norm_and_bias", decay_norm_and_bias, "decay biases and batch-norm scale and shift too");
    v.field("beta2", beta2, "second-moment decay of adam and adamw", {0, 0.999999});
    v.field("epsilon", epsilon, "added to the denominator of adam and adamw", {0, 1});
    v.field("schedule", schedule, "rate over time", {"constant", "step", "multi_step", "cosine", "one_cycle"});
    v.field("final_rate", final_rate, "share of the rate left at the end of cosine and one_cycle", {0, 1});
    v.field("warmup", warmup, "epochs of linear warm-up (one_cycle: share of the run when below 1)", {0, 100000});
    v.field("milestones", milestones, "epochs at which multi_step multiplies the rate by gamma", {0, 100000});
    v.field("step_epochs", step_epochs, "epochs between drops of the step schedule", {0.001, 100000});
    v.field("gamma", gamma, "factor of step and multi_step", {0, 1});
    v.field("clip_norm", clip_norm, "largest gradient norm; 0 for none", {0, 1e9});
    v.field("label_smoothing", label_smoothing, "share of the target spread over all classes", {0, 0.999});
    v.field("ema", ema, "decay of the moving average of weights that is evaluated and kept; 0 for none", {0, 0.999999});
    v.field("rates", rates, "factor on the rate, one number or per layer; 0 freezes", {0, 1000});
    v.field("freeze", freeze,
            "layers that stay as they are: globs, kinds, norm, first, last, all_but_last; not:PATTERN takes one back");
    v.field("layer_decay", layer_decay, "factor on the rate for every layer that lies behind, towards the output",
            {0.001, 1});
    v.field("precision", precision, "arithmetic of training", {"float32", "bf16"});
    v.field("sampling", sampling, "training samples of an epoch: each once, or as many of every class",
            {"shuffle", "balanced"});
    v.field(
        "augment", augment,
        "random changes of training samples: flip, shift, rotate, scale, elastic, cutout, random_resized_crop, mixup");
    v.field("evaluate_each_epoch", evaluate_each_epoch, "measure validation loss and accuracy after every epoch");
  }
};
// Learning rate at `step` of `steps` (step counted over the whole run, `per_epoch` steps each). Pure; same on every
// engine.
double learning_rate(const TrainOptions& options, int64_t step, int64_t steps, int64_t per_epoch);

// A trainable tensor as observers see it. Spans stay valid during the callback only. Writes go back to the engine.
struct Parameter {
  std::string graph;  // name of the graph in the job
  ValueId value;
  std::string name;
  Shape shape;
  std::span<float> weight;    // materialized (what the network computes with)
  std::span<float> gradient;  // empty before the first backward pass; that of masked elements too, before updates
  BitMask* mask = nullptr;    // nullptr: not masked yet; see State::mask
};
class State {
 public:
  virtual ~State() = default;
  virtual std::span<Parameter> parameters() = 0;
  // The parameter's mask, created all ones when there was none. After the callback the engine applies it to weight,
  // gradient, momenta and EMA; a bit that goes from 0 to 1 starts with zero moments.
  virtual BitMask& mask(Parameter& parameter) = 0;
  // After writing `weight` of a parameter: makes the engine take it over (through its encoding).
  virtual void changed(Parameter& parameter) = 0;
  virtual int64_t step() const = 0;   // updates done so far
  virtual int64_t steps() const = 0;  // updates of the whole run
  virtual int64_t steps_per_epoch() const = 0;
  virtual double loss() const = 0;  // of the last batch
};
struct EpochRecord {
  int64_t epoch = 0;  // 1-based
  double rate = 0, train_loss = 0, train_seconds = 0;
  std::optional<Evaluation> validation, test;
};
class Observer {
 public:
  virtual ~Observer() = default;
  // Before update `state.step()` when wants_step(step) said so: may read and write weights, gradients and masks.
  virtual bool wants_step(int64_t /*step*/, int64_t /*steps*/, int64_t /*steps_per_epoch*/) const { return false; }
  virtual void on_step(State& /*state*/) {}
  // After every update, when projects() is true (proximal steps, clipping to a set).
  virtual bool projects() const { return false; }
  virtual void project(State& /*state*/) {}
  virtual void on_epoch(const EpochRecord& /*record*/, State& /*state*/) {}
};

// What is trained: one or more graphs over one data set and a weighted sum of named terms.
struct Job {
  struct Role {
    std::string name;        // "student", "teacher"
    Graph* graph = nullptr;  // written back after training when `trains`
    bool trains = true;      // false: run without gradients, in inference form
  };
  std::vector<Role> graphs;
  DatasetPtr train, validation, test;  // validation and test may be null; test is evaluated per epoch only for curves
  std::vector<LossTerm> objective = {LossTerm{}};
  TrainOptions options;
  uint64_t seed = 0;
  Observer* observer = nullptr;
  // Called after every epoch with everything needed to go on; empty: no checkpoints. Bytes are opaque.
  std::function<void(std::span<const std::byte> bytes, int64_t epoch)> save;
  std::vector<std::byte> resume;     // what save was given; empty: from the start
  std::vector<EpochRecord> history;  // filled by fit; on resume, includes the epochs done before
};

// What criteria and grid rules ask for, per constant, averaged over calibration batches.
struct Needs {
  bool gradient = false, curvature = false, input_rms = false;
};
struct WeightEvidence {
  ValueId value;
  std::span<const float> weight, gradient, curvature,
      input_rms;  // empty unless needed; input_rms: one per input channel
};
struct Evidence {
  std::map<ValueId, std::vector<float>> gradient, curvature, input_rms;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string description() const = 0;  // "LibTorch 1.13.1, cpu, 2 threads"
  // Runs the graph in inference form. `fetch` names values; empty: the graph's outputs. Results in order.
  // Error(unsupported) names node, op and file of an op that cannot run.
  virtual std::vector<Tensor> run(const Graph& graph, std::span<const Tensor> inputs,
                                  std::span<const ValueId> fetch = {}) = 0;
  virtual Evaluation evaluate(const Graph& graph, const Dataset& data, const EvaluateOptions& options,
                              Progress& progress) = 0;
  // Trains job.graphs in place. Deterministic for a given seed and thread count, resumed or not.
  // Error(invalid) when the loss stops being a number.
  virtual void fit(Job& job, Progress& progress) = 0;
  virtual Evidence measure(const Graph& graph, const Dataset& data, Needs needs, int64_t batches,
                           Progress& progress) = 0;

  // Several processes may share the work of fit() and evaluate(): each opens an engine with its World, and all make the
  // same calls in the same order. Results, and the weights that observers see, are the same on every one of them.
  // Error(io) when another process ended or does not answer.
  virtual const World& world() const {
    static const World alone;
    return alone;
  }
  // What the main process gives, on every process (train/together.h builds on it).
  virtual std::vector<std::byte> share(std::vector<std::byte> bytes) { return bytes; }
};

struct EngineOptions {
  std::string device = "auto";  // cpu, cuda, cuda:1; auto: cuda when LibTorch has it
  int threads = 0;              // 0: all cores, divided among the processes on this machine
  bool deterministic = true;
  World world = {};
  double timeout = 300;  // seconds without an answer after which another process counts as dead
};
// Opens libpare_engine_torch.so beside the installation. Error(missing) names the package when LibTorch is not there.
std::shared_ptr<Engine> open_engine(const EngineOptions& options);
// Entry point of the module: pare_make_engine.
using MakeEngine = Engine* (*)(const EngineOptions&);

}  // namespace pare
