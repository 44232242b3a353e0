#include "compress/finetune/transfer.h"

#include "compress/options.h"
#include "core/error.h"
#include "train/rates.h"

namespace pare {
namespace {

// The first phase: the classifier alone. Its own factor holds, depth means nothing yet.
TrainOptions head_only(const TransferOptions& options, const std::string& head) {
  TrainOptions train = options.train;
  train.epochs = options.head_epochs;
  train.freeze = {"not:name:" + head};
  return train;
}

TrainOptions together(const TransferOptions& options, const std::string& head) {
  TrainOptions train = options.train;
  train.rates.rules.emplace_back("name:" + head, train.rates.otherwise);
  train.rates.otherwise *= options.backbone_rate_factor;
  return train;
}

TransferOptions read(const Param& params, const Param& defaults) {
  return read_options<TransferOptions>(params, without_rate(defaults));
}

}  // namespace

Classifier transfer(Session& session, const TransferOptions& options) {
  const Data& data = session.need_data("transfer");
  ensure(data.classes > 0, "transfer needs data with classes: {} has none", data.description);
  const Classifier old = replace_classifier(session.graph, options.head, data.classes, session.seed);
  check_data(session.graph, data);
  session.report.details["classifier"] = {
      {"layer", old.name}, {"op", old.type}, {"classes_before", old.classes}, {"classes", data.classes}};
  session.progress.log(
      fmt::format("classifier '{}' ({}): {} classes, fresh for {}", old.name, old.type, old.classes, data.classes));
  const TrainOptions last = together(options, old.name);
  if (last.epochs > 0) rate_factors(session.graph, last);  // its mistakes should not wait for the first phase
  session.fit(head_only(options, old.name));
  session.fit(last);
  return old;
}

extern const StepDef step_transfer;
const StepDef step_transfer{
    .name = "transfer",
    .summary = "fresh classifier for the classes of the data; trains it, then the rest at a lower rate",
    .run = [](Session& session, const Param& params) { transfer(session, read(params, session.train_defaults)); },
    .plan =
        [](const Param& params, const Param& defaults) {
          const TransferOptions options = read(params, defaults);
          return StepPlan{params_to_json(options), options.head_epochs + options.train.epochs, true};
        },
    .options = [] { return params_info(TransferOptions{}); },
    .compresses = false,
    .check =
        [](const Graph& graph, const Param& params, const Param& defaults) {
          const TransferOptions options = read(params, defaults);
          find_classifier(graph, options.head);
          rate_factors(graph, options.train);
        },
    .new_classes = true};

}  // namespace pare
