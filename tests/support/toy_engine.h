// An engine without LibTorch for tests of the methods: it "trains" by small pseudo-random moves that depend on the seed
// and the step alone, honours masks, codebooks, observers and checkpoints, and can be made to fail at any call.
#pragma once

#include <cmath>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/random.h"
#include "train/engine.h"
#include "train/rates.h"

namespace pare::testing {

struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

class ToyEngine : public Engine {
 public:
  int steps_per_epoch = 4;
  int64_t lives = -1;  // calls until Killed is thrown; -1: never
  int64_t calls = 0, evaluations = 0, epochs_trained = 0, batches_measured = 0;
  std::vector<const Dataset*> evaluated;
  std::function<void()> on_tick;  // a place where a process may die

  std::string description() const override { return "toy"; }
  std::vector<Tensor> run(const Graph&, std::span<const Tensor>, std::span<const ValueId>) override { return {}; }

  // A made-up accuracy that depends on every weight.
  Evaluation evaluate(const Graph& graph, const Dataset& data, const EvaluateOptions&, Progress&) override {
    tick();
    ++evaluations;
    evaluated.push_back(&data);
    double sum = 0;
    for (const Value& value : graph.values) {
      if (!value.trainable) continue;
      for (const float w : value.constant->view<float>()) sum += std::fabs(static_cast<double>(w));
    }
    Evaluation result;
    result.samples = static_cast<int64_t>(data.size());
    result.top1 = sum / (1 + sum);
    result.top5 = 1;
    result.correct = static_cast<int64_t>(result.top1 * static_cast<double>(result.samples));
    result.loss = 1 / (1 + sum);
    return result;
  }

  void fit(Job& job, Progress& progress) override {
    Fit fit(job, steps_per_epoch);
    fit.restore();
    for (int64_t epoch = fit.epoch + 1; epoch <= job.options.epochs; ++epoch) {
      for (int i = 0; i < steps_per_epoch; ++i) fit.update();
      tick();
      ++epochs_trained;
      EpochRecord record{.epoch = epoch,
                         .rate = job.options.rate,
                         .train_loss = 1.0 / static_cast<double>(epoch),
                         .train_seconds = 0.5,
                         .validation = {},
                         .test = {}};
      if (job.validation) {
        fit.write_back();
        record.validation = evaluate(*job.graphs[0].graph, *job.validation, {}, progress);
      }
      if (job.test) record.test = evaluate(*job.graphs[0].graph, *job.test, {}, progress);
      job.history.push_back(record);
      fit.epoch = epoch;
      if (job.save) job.save(fit.bytes(), epoch);
      tick();
    }
    fit.write_back();
  }

  // The loss is the sum of every other weight: gradients 1, 0, 1, 0, ...
  Evidence measure(const Graph& graph, const Dataset&, Needs needs, int64_t batches, Progress&) override {
    batches_measured += batches;
    Evidence evidence;
    for (size_t i = 0; i < graph.values.size() && needs.gradient; ++i) {
      if (!graph.values[i].trainable) continue;
      std::vector<float>& gradient = evidence.gradient[static_cast<ValueId>(i)];
      for (int64_t e = 0; e < graph.values[i].constant->size(); ++e) gradient.push_back(e % 2 == 0 ? 1.0F : 0.0F);
    }
    return evidence;
  }

 private:
  void tick() {
    ++calls;
    if (on_tick) on_tick();
    if (lives >= 0 && calls > lives) throw Killed();
  }

  class Fit final : public State {
   public:
    int64_t epoch = 0;
    Fit(Job& job, int per_epoch) : job_(job), graph_(*job.graphs[0].graph), per_epoch_(per_epoch) {
      const auto rates = rate_factors(graph_, job.options);
      for (size_t i = 0; i < graph_.values.size(); ++i) {
        Value& value = graph_.values[i];
        if (!value.trainable) continue;
        const auto said = rates.find(static_cast<ValueId>(i));
        rates_.push_back(said == rates.end() ? 1.0 : said->second);
        const auto view = value.constant->view<float>();
        weights_.emplace_back(view.begin(), view.end());
        codebooks_.push_back(value.encoding.grid ? value.encoding.grid->codebook : std::vector<float>());
        masks_.push_back(value.encoding.mask);
        gradients_.emplace_back(view.size(), 0.0F);
        parameters_.push_back(
            {"student", static_cast<ValueId>(i), value.name, value.constant->shape(), {}, {}, nullptr});
      }
      for (size_t p = 0; p < parameters_.size(); ++p) {
        parameters_[p].weight = weights_[p];
        parameters_[p].gradient = gradients_[p];
        parameters_[p].mask = masks_[p] ? &*masks_[p] : nullptr;
      }
    }
    std::span<Parameter> parameters() override { return parameters_; }
    BitMask& mask(Parameter& parameter) override {
      auto& mask = masks_[static_cast<size_t>(&parameter - parameters_.data())];
      if (!mask) mask.emplace(parameter.weight.size());
      parameter.mask = &*mask;
      return *mask;
    }
    void changed(Parameter&) override {}
    int64_t step() const override { return step_; }
    int64_t steps() const override { return per_epoch_ * job_.options.epochs; }
    int64_t steps_per_epoch() const override { return per_epoch_; }
    double loss() const override { return 1; }

    void update() {
      if (job_.observer && job_.observer->wants_step(step_, steps(), per_epoch_)) job_.observer->on_step(*this);
      for (size_t p = 0; p < weights_.size(); ++p) {
        Random random{job_.seed, static_cast<uint64_t>(step_), p};
        const auto move = [&] { return static_cast<float>(job_.options.rate * rates_[p] * random.uniform(-0.1, 0.1)); };
        if (!codebooks_[p].empty()) {
          for (float& entry : codebooks_[p]) entry = entry == 0 ? 0 : entry + move();
          const auto levels = graph_.value(parameters_[p].value).encoding.levels->view<int32_t>();
          for (size_t i = 0; i < levels.size(); ++i) weights_[p][i] = codebooks_[p][static_cast<size_t>(levels[i])];
        } else {
          for (float& w : weights_[p]) w += move();
        }
        if (!masks_[p]) continue;
        for (size_t i = 0; i < weights_[p].size(); ++i) {
          if (!(*masks_[p])[i]) weights_[p][i] = 0;
        }
      }
      ++step_;
      if (job_.observer && job_.observer->projects()) job_.observer->project(*this);
    }
    void write_back() {
      for (size_t p = 0; p < weights_.size(); ++p) {
        Value& value = graph_.value(parameters_[p].value);
        std::copy(weights_[p].begin(), weights_[p].end(), value.constant->edit<float>().begin());
        if (value.encoding.grid) value.encoding.grid->codebook = codebooks_[p];
        if (masks_[p]) value.encoding.mask = masks_[p];
      }
    }
    std::vector<std::byte> bytes() {
      std::vector<std::byte> out;
      visit([&](void* data, size_t size) {
        const auto* from = static_cast<const std::byte*>(data);
        out.insert(out.end(), from, from + size);
      });
      return out;
    }
    void restore() {
      if (job_.resume.empty()) return;
      size_t at = 0;
      visit([&](void* data, size_t size) {
        if (size > 0) std::memcpy(data, job_.resume.data() + at, size);
        at += size;
      });
      for (int64_t e = 1; e <= epoch; ++e) {
        job_.history.push_back({.epoch = e,
                                .rate = job_.options.rate,
                                .train_loss = 1.0 / static_cast<double>(e),
                                .train_seconds = 0.5,
                                .validation = {},
                                .test = {}});
      }
    }

   private:
    template <class Io>
    void visit(Io&& io) {
      io(&epoch, sizeof epoch);
      io(&step_, sizeof step_);
      for (size_t p = 0; p < weights_.size(); ++p) {
        io(weights_[p].data(), weights_[p].size() * sizeof(float));
        io(codebooks_[p].data(), codebooks_[p].size() * sizeof(float));
        auto masked = static_cast<uint8_t>(masks_[p].has_value());
        io(&masked, 1);
        if (!masked) continue;
        BitMask& words = mask(parameters_[p]);
        io(words.words().data(), words.words().size() * sizeof(uint64_t));
      }
    }
    Job& job_;
    Graph& graph_;
    int64_t per_epoch_, step_ = 0;
    std::vector<std::vector<float>> weights_, gradients_, codebooks_;
    std::vector<double> rates_;  // factors of `rates` and `freeze`
    std::vector<std::optional<BitMask>> masks_;
    std::vector<Parameter> parameters_;
  };
};

}  // namespace pare::testing
