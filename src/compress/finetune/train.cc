// Steps `train` and `finetune`: the same training loop with other defaults. Masks and codebooks found by earlier steps
// hold: pruned weights stay zero, members of a cluster move together.
#include "compress/options.h"
#include "core/error.h"
#include "train/rates.h"

namespace pare {
namespace {

struct Train {
  TrainOptions train;
  template <class V>
  void visit(V& v) {
    train.visit(v);
  }
};
struct Finetune : Train {
  Finetune() {
    train.epochs = 3;
    train.rate = 0.005;
  }
};

// The recipe's `train:` block speaks for `train` in full, epochs too; for `finetune` not its rate and epochs.
template <class Options>
Options read(const Param& params, const Param& defaults) {
  if constexpr (std::is_same_v<Options, Train>) {
    Options options;
    read_params(defaults, options.train);
    read_params(params, options);
    AugmentOptions changes;
    read_params(options.train.augment, changes);
    return options;
  } else {
    return read_options<Options>(params, without_rate(defaults));
  }
}
template <class Options>
void run(Session& session, const Param& params) {
  session.need_data(std::is_same_v<Options, Train> ? "train" : "finetune");
  session.fit(read<Options>(params, session.train_defaults).train);
}
template <class Options>
StepPlan plan(const Param& params, const Param& defaults) {
  const Options options = read<Options>(params, defaults);
  return {params_to_json(options), options.train.epochs, true};
}
template <class Options>
void check(const Graph& graph, const Param& params, const Param& defaults) {
  rate_factors(graph, read<Options>(params, defaults).train);
}

}  // namespace

extern const StepDef step_train;
extern const StepDef step_finetune;
const StepDef step_train{.name = "train",
                         .summary = "trains the network on the data",
                         .run = run<Train>,
                         .plan = plan<Train>,
                         .options = [] { return params_info(Train{}); },
                         .compresses = false,
                         .check = check<Train>};
const StepDef step_finetune{.name = "finetune",
                            .summary = "trains briefly at a low rate; masks and codebooks hold",
                            .run = run<Finetune>,
                            .plan = plan<Finetune>,
                            .options = [] { return params_info(Finetune{}); },
                            .compresses = false,
                            .check = check<Finetune>};

}  // namespace pare
