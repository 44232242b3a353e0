#include "core/pack/decode_tensors.h"

#include "core/error.h"
#include "core/pack/coding_stage.h"
#include "core/parallel.h"

namespace pare {

std::vector<DecodedTensor> decode_tensors(const PareFile& file, std::span<const size_t> tensors,
                                          const std::vector<std::string>& names, uint64_t& budget, Progress& progress) {
  auto check = [&](size_t i, const Status& status) {
    const size_t tensor = tensors[i];
    if (!status.ok())
      raise(status, fmt::format("tensor {} '{}'", tensor, tensor < names.size() ? names[tensor] : std::string()));
  };
  std::vector<TensorReader> readers;
  std::vector<std::pair<size_t, size_t>> chunks;  // reader, chunk
  for (size_t i = 0; i < tensors.size(); ++i) {
    auto reader = file.start(tensors[i], budget);
    check(i, reader.status());
    for (size_t chunk = 0; chunk < reader->chunks(); ++chunk) chunks.emplace_back(i, chunk);
    readers.push_back(std::move(reader).value());
  }
  std::vector<Status> statuses(chunks.size());
  CodingStage stage(progress, "unpacking", chunks.size());
  parallel_for(chunks.size(), [&](size_t i) {
    statuses[i] = readers[chunks[i].first].decode(chunks[i].second);
    stage.done(1);
  });
  for (size_t i = 0; i < chunks.size(); ++i) check(chunks[i].first, statuses[i]);
  std::vector<DecodedTensor> decoded(readers.size());
  std::vector<Status> finished(readers.size());
  parallel_for(readers.size(), [&](size_t i) {
    auto result = readers[i].finish();
    finished[i] = result.status();
    if (result.ok()) decoded[i] = std::move(result).value();
  });
  for (size_t i = 0; i < readers.size(); ++i) check(i, finished[i]);
  return decoded;
}

}  // namespace pare
