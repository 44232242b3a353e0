#include "compress/history.h"

#include <limits>

namespace pare {
namespace {

// JSON has no infinities: such a loss is null.
double real(const nlohmann::ordered_json& json) {
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::infinity();
}

}  // namespace

nlohmann::ordered_json to_json(const Evaluation& evaluation) {
  return {{"samples", evaluation.samples}, {"correct", evaluation.correct}, {"top1", evaluation.top1},
          {"top5", evaluation.top5},       {"loss", evaluation.loss},       {"seconds", evaluation.seconds}};
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
  evaluation.correct = json.at("correct").get<int64_t>();
  evaluation.top1 = real(json.at("top1"));
  evaluation.top5 = real(json.at("top5"));
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
