#include "core/pack/lazy_model.h"

#include "core/error.h"
#include "core/pack/decode_tensors.h"
#include "core/pack/stored.h"
#include "core/pack/zero_pages.h"

namespace pare {

namespace {

constexpr uint64_t kLeftOutFrom = uint64_t{1} << 20;  // bytes

uint64_t bytes_left_out(const StoredTensor& t) {
  if (t.grid || t.mask_codec) return 0;
  const uint64_t bytes = static_cast<uint64_t>(element_count(t.shape).value_or(0)) * size_of(t.dtype);
  return bytes < kLeftOutFrom ? 0 : bytes;
}

}  // namespace

LazyModel::LazyModel(const std::string& path, Progress& progress, uint64_t max_bytes)
    : name_(path), bytes_(MappedFile::open(path)) {
  file_ = std::make_unique<const PareFile>(take(PareFile::open(bytes_->bytes(), max_bytes), path));
  graph_ = within(path, [&] {
    uint64_t zeros = 0;
    for (const StoredTensor& t : file_->tensors()) {
      zeros += (bytes_left_out(t) + 63) / 64 * 64;
      if (zeros > max_bytes) fail(Code::limit, "file needs more memory than allowed");
    }
    const auto pages = ZeroPages::create(zeros);
    std::vector<size_t> wanted;
    std::vector<DecodedTensor> tensors(file_->tensors().size());
    uint64_t at = 0;
    for (size_t i = 0; i < tensors.size(); ++i) {
      const StoredTensor& t = file_->tensors()[i];
      const uint64_t bytes = bytes_left_out(t);
      if (bytes == 0) {
        wanted.push_back(i);
        continue;
      }
      const auto place = pages->bytes().subspan(at, bytes);
      tensors[i].tensor = Tensor::borrow(t.dtype, t.shape, place, pages);
      left_out_.emplace(place.data(), i);
      at += (bytes + 63) / 64 * 64;
    }
    uint64_t budget = max_bytes;
    auto decoded = decode_tensors(*file_, wanted, tensor_names(file_->graph()), budget, progress);
    for (size_t i = 0; i < wanted.size(); ++i) tensors[wanted[i]] = std::move(decoded[i]);
    return from_stored(*file_, &tensors);
  });
  graph_.source = path;
  verify(graph_);
}

Tensor LazyModel::whole(const Tensor& constant) const {
  const auto found = left_out_.find(constant.bytes().data());
  if (found == left_out_.end()) return constant;
  return within(name_, [&] {
    uint64_t budget = file_->max_bytes();
    return decode_tensors(*file_, std::span(&found->second, 1), tensor_names(file_->graph()), budget,
                          Progress::quiet())[0]
        .tensor;
  });
}

}  // namespace pare
