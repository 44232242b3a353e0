#include "compress/history.h"

#include <limits>

#include "train/evaluation.h"

namespace pare {
namespace {

// JSON has no infinities: such a loss is null.
double real(const nlohmann::ordered_json& json) {
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::infinity();
}

}  // namespace

nlohmann::ordered_json to_json(const Evaluation& evaluation) {
  nlohmann::ordered_json json = {{"samples", evaluation.samples}};
  if (evaluation.task == Evaluation::Task::class_maps) json["pixels"] = evaluation.answers;
  if (evaluation.task != Evaluation::Task::values) json["correct"] = evaluation.correct;
  for (const FigureDef& figure : figure_list())
    if (figure.applies(evaluation)) json[std::string(figure.name)] = figure.value(evaluation);
  json["seconds"] = evaluation.seconds;
  return json;
}

nlohmann::ordered_json to_json(const EpochRecord& record) {
  nlohmann::ordered_json json = {{"epoch", record.epoch},
                                 {"rate", record.rate},
                                 {"train_loss", record.train_loss},
                                 {"train_seconds", record.train_seconds}};
  if (record.validation) json["validation"] = to_json(*record.validation);
  if (record.test) json["test"] = to_json(*record.test);
  return json;
}

nlohmann::ordered_json to_json(const std::vector<EpochRecord>& history) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const EpochRecord& record : history) list.push_back(to_json(record));
  return list;
}

Evaluation evaluation_from_json(const nlohmann::ordered_json& json) {
  Evaluation evaluation;
  evaluation.samples = json.at("samples").get<int64_t>();
  evaluation.task = json.contains("mse")        ? Evaluation::Task::values
                    : json.contains("mean_iou") ? Evaluation::Task::class_maps
                                                : Evaluation::Task::classes;
  if (evaluation.task != Evaluation::Task::values) {
    evaluation.correct = json.at("correct").get<int64_t>();
    evaluation.top1 = real(json.at("top1"));
    evaluation.answers = evaluation.samples;
  }
  if (evaluation.task == Evaluation::Task::classes) evaluation.top5 = real(json.at("top5"));
  if (evaluation.task == Evaluation::Task::class_maps) {
    evaluation.answers = json.at("pixels").get<int64_t>();
    evaluation.mean_iou = real(json.at("mean_iou"));
  }
  evaluation.loss = real(json.at("loss"));
  evaluation.seconds = real(json.at("seconds"));
  return evaluation;
}

std::vector<EpochRecord> history_from_json(const nlohmann::ordered_json& json) {
  std::vector<EpochRecord> history;
  for (const auto& item : json) {
    EpochRecord record;
    record.epoch = item.at("epoch").get<int64_t>();
    record.rate = real(item.at("rate"));
    record.train_loss = real(item.at("train_loss"));
    record.train_seconds = real(item.at("train_seconds"));
    if (item.contains("validation")) record.validation = evaluation_from_json(item.at("validation"));
    if (item.contains("test")) record.test = evaluation_from_json(item.at("test"));
    history.push_back(std::move(record));
  }
  return history;
}

}  // namespace pare
