#include "compress/shared_store.h"

#include "compress/checkpoint.h"
#include "compress/history.h"
#include "core/json_text.h"

namespace pare {

bool SharedStore::finished(size_t index, Graph& graph, std::vector<EpochRecord>& history) {
  const Bytes found = on_main(&engine_, [&] {
    std::vector<EpochRecord> records;
    if (!own_.finished(index, graph, records)) return Bytes{};
    return wrap({freeze(graph), json_text(to_json(records))});
  });
  if (found.empty()) return false;
  const Parcel parcel = unwrap(found);
  const std::vector<EpochRecord> records = history_from_json(nlohmann::ordered_json::parse(parcel.text));
  graph = thaw(parcel.bytes, "checkpoint", graph.source);
  history.insert(history.end(), records.begin(), records.end());
  return true;
}

void SharedStore::finish(size_t index, Graph& graph, const std::vector<EpochRecord>& history) {
  do_on_main(&engine_, [&] { own_.finish(index, graph, history); });
  if (!engine_.world().is_main()) own_.finish(index, graph, history);  // the same bytes, kept nowhere
}

std::vector<std::byte> SharedStore::load(size_t index) {
  return on_main(&engine_, [&] { return own_.load(index); });
}

void SharedStore::save(size_t index, std::span<const std::byte> bytes) {
  do_on_main(&engine_, [&] { own_.save(index, bytes); });
}

std::vector<std::byte> SharedStore::decision(size_t index) {
  return on_main(&engine_, [&] { return own_.decision(index); });
}

void SharedStore::decide(size_t index, std::span<const std::byte> bytes) {
  do_on_main(&engine_, [&] { own_.decide(index, bytes); });
}

}  // namespace pare
