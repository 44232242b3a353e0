// What the options of all steps have in common: training options inline, under other names where a step has its own
// meaning for one, with defaults from the recipe's `train:` block.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compress/step.h"
#include "core/params.h"
#include "train/engine.h"

namespace pare {

// Passes fields on to another visitor under new names.
class Renamed final : public ParamVisitor {
 public:
  using Names = std::vector<std::pair<std::string_view, std::string_view>>;  // from, to
  Renamed(ParamVisitor& inner, Names names) : inner_(inner), names_(std::move(names)) {}

  void field(std::string_view n, bool& v, std::string_view h) override { inner_.field(name(n), v, h); }
  void field(std::string_view n, int64_t& v, std::string_view h, Limits l) override { inner_.field(name(n), v, h, l); }
  void field(std::string_view n, double& v, std::string_view h, Limits l) override { inner_.field(name(n), v, h, l); }
  void field(std::string_view n, std::string& v, std::string_view h, Choices c) override {
    inner_.field(name(n), v, h, c);
  }
  void field(std::string_view n, std::vector<std::string>& v, std::string_view h) override {
    inner_.field(name(n), v, h);
  }
  void field(std::string_view n, std::vector<double>& v, std::string_view h, Limits l) override {
    inner_.field(name(n), v, h, l);
  }
  void field(std::string_view n, PerLayer<double>& v, std::string_view h, Limits l) override {
    inner_.field(name(n), v, h, l);
  }
  void field(std::string_view n, PerLayer<int64_t>& v, std::string_view h, Limits l) override {
    inner_.field(name(n), v, h, l);
  }
  void field(std::string_view n, Param& v, std::string_view h) override { inner_.field(name(n), v, h); }

 private:
  std::string_view name(std::string_view from) const {
    for (const auto& [old_name, new_name] : names_) {
      if (old_name == from) return new_name;
    }
    return from;
  }
  ParamVisitor& inner_;
  Names names_;
};

inline void visit_train(ParamVisitor& visitor, TrainOptions& train, Renamed::Names names) {
  Renamed renamed(visitor, std::move(names));
  ParamVisitor& base = renamed;
  train.visit(base);
}

// "{weight: 0.5, temperature: 4}": the options of a sub-tree with their defaults, for the help of the one that holds
// it.
template <class Options>
std::string defaults_text() {
  std::string text;
  for (const ParamInfo& option : params_info(Options{}))
    text += (text.empty() ? "{" : ", ") + option.name + ": " + option.otherwise;
  return text + "}";
}

// The recipe's defaults for a step that works at a low rate of its own: that of the `train:` block is for fresh
// weights.
inline Param without_rate(Param train_defaults) {
  if (train_defaults.kind == Param::Kind::map)
    std::erase_if(train_defaults.entries, [](const auto& entry) { return entry.first == "rate"; });
  return train_defaults;
}

// Reads a step's options: the recipe's defaults first (not `epochs`: a step trains as long as it says itself),
// then the step's own.
template <class Options>
Options read_options(const Param& params, const Param& train_defaults) {
  Options options;
  const int64_t epochs = options.train.epochs;
  read_params(train_defaults, options.train);
  options.train.epochs = epochs;
  read_params(params, options);
  AugmentOptions changes;
  read_params(options.train.augment, changes);
  return options;
}

}  // namespace pare
