#include "train/torch/checkpoint.h"

#include <cstring>

#include "core/error.h"

namespace pare::engine {
namespace {

template <class Io>
void visit(Io& io, std::optional<Evaluation>& evaluation) {
  int64_t there = evaluation.has_value();
  io.field(there);
  if (!there) return evaluation.reset();
  if (!evaluation) evaluation.emplace();
  io.field(evaluation->samples), io.field(evaluation->loss), io.field(evaluation->top1), io.field(evaluation->top5);
  io.field(evaluation->correct), io.field(evaluation->seconds), io.field(evaluation->answers);
  io.field(evaluation->mean_iou);
  auto task = static_cast<int64_t>(evaluation->task);
  io.field(task);
  if (task < 0 || task > static_cast<int64_t>(Evaluation::Task::values))
    fail(Code::corrupt, "the checkpoint is damaged");
  evaluation->task = static_cast<Evaluation::Task>(task);
}

template <class Io>
void visit(Io& io, EpochRecord& record) {
  io.field(record.epoch), io.field(record.rate), io.field(record.train_loss), io.field(record.train_seconds);
  visit(io, record.validation), visit(io, record.test);
}

}  // namespace

void CheckpointWriter::number(const void* from, size_t size) {
  const auto* begin = static_cast<const std::byte*>(from);
  bytes_.insert(bytes_.end(), begin, begin + size);
}

void CheckpointWriter::field(at::Tensor& tensor) {
  int64_t rank = tensor.defined() ? tensor.dim() : -1;
  field(rank);
  if (rank < 0) return;
  for (int64_t size : tensor.sizes()) field(size);
  const at::Tensor dense = tensor.detach().cpu().contiguous();
  number(dense.data_ptr<float>(), static_cast<size_t>(dense.numel()) * sizeof(float));
}

void CheckpointWriter::field(std::optional<BitMask>& mask) {
  int64_t size = mask ? static_cast<int64_t>(mask->size()) : -1;
  field(size);
  if (mask) number(mask->words().data(), mask->words().size() * sizeof(uint64_t));
}

void CheckpointWriter::field(EpochRecord& record) { visit(*this, record); }

void CheckpointReader::number(void* to, size_t size) {
  if (size > left()) fail(Code::corrupt, "the checkpoint ends early");
  if (size) std::memcpy(to, bytes_.data() + position_, size);
  position_ += size;
}

void CheckpointReader::field(at::Tensor& tensor) {
  int64_t rank = 0;
  field(rank);
  if (rank < 0) {
    tensor = at::Tensor();
    return;
  }
  if (rank > 8) fail(Code::corrupt, "the checkpoint holds a tensor of rank {}", rank);
  Shape shape(static_cast<size_t>(rank));
  for (int64_t& size : shape) field(size);
  const auto count = element_count(shape);
  if (!count || static_cast<uint64_t>(*count) > left() / sizeof(float))
    fail(Code::corrupt, "the checkpoint ends early");
  const at::Tensor host = at::empty(shape, at::kFloat);
  number(host.data_ptr<float>(), static_cast<size_t>(*count) * sizeof(float));
  if (!tensor.defined()) {
    tensor = host;
    return;
  }
  if (tensor.sizes() != host.sizes()) fail(Code::corrupt, "the checkpoint holds a tensor of another shape");
  at::NoGradGuard no_gradients;
  tensor.copy_(host);
}

void CheckpointReader::field(std::optional<BitMask>& mask) {
  int64_t size = 0;
  field(size);
  if (size < 0) return mask.reset();
  if (static_cast<uint64_t>(size) / 8 > left()) fail(Code::corrupt, "the checkpoint ends early");
  mask.emplace(static_cast<size_t>(size));
  number(mask->words().data(), mask->words().size() * sizeof(uint64_t));
}

void CheckpointReader::field(EpochRecord& record) { visit(*this, record); }

}  // namespace pare::engine
