#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/data/dataset.h"
#include "core/data/mixup.h"
#include "core/data/sampling.h"
#include "core/error.h"
#include "core/random.h"

namespace pare {
namespace {

constexpr int64_t kChunk = 16;  // samples that a worker reads at a time
constexpr int kMostThreads = 16;

// The tensor's own buffer when it has the right form, else a new one.
void prepare(Tensor& tensor, const FieldSpec& spec, int64_t batch) {
  Shape shape{batch};
  shape.insert(shape.end(), spec.shape.begin(), spec.shape.end());
  if (tensor.dtype() != spec.dtype || tensor.shape() != shape) tensor = Tensor(spec.dtype, std::move(shape));
}

Tensor first_rows(const Tensor& tensor, int64_t count) {
  Shape shape = tensor.shape();
  shape[0] = count;
  Tensor some(tensor.dtype(), std::move(shape));
  std::memcpy(some.edit_bytes().data(), tensor.bytes().data(), some.byte_size());
  return some;
}

}  // namespace

// A ring of `ahead` slots: batch k lies in slot k % ahead. Workers claim chunks of batches in order, so that several of
// them work on the batch that is wanted next, and a batch is begun once the one that was in its slot has been taken.
// What arrives does not depend on the number of threads.
struct Loader::Impl {
  struct Slot {
    Batch batch;                               // before it is filled: buffers of an older batch, to be used again
    std::vector<size_t> rows;                  // of its tensors: places in the order
    std::vector<std::span<std::byte>> fields;  // of the batch; the last is the target
    int64_t missing = 0;                       // chunks
    std::exception_ptr error;                  // of the first chunk that failed
    int64_t error_chunk = 0;
    bool ready = false;
  };

  DatasetPtr dataset;
  Options options;
  std::vector<Place> order;
  int64_t batches = 0;
  std::vector<Slot> slots;
  std::mutex mutex;
  std::condition_variable filled, freed;
  int64_t claimed = 0, chunk = 0, taken = 0;  // next to be claimed is `chunk` of batch `claimed`
  bool stop = false;
  std::vector<std::thread> threads;

  Slot& slot(int64_t k) { return slots[static_cast<size_t>(k % std::ssize(slots))]; }
  void work();
  void choose_rows(int64_t k, Slot& slot) const;
  void begin(int64_t k, Slot& slot) const;  // under the lock
  void fill(int64_t c, const Slot& slot) const;
  void finish(int64_t k, Slot& slot) const;
};

void Loader::Impl::choose_rows(int64_t k, Slot& slot) const {
  const int64_t begin = k * options.batch, whole = std::min(options.batch, std::ssize(order) - begin);
  Batch& batch = slot.batch;
  batch.whole = whole;
  batch.first = std::min(whole * options.part / options.parts, whole - 1);
  batch.size = whole * (options.part + 1) / options.parts - whole * options.part / options.parts;
  const int64_t last = batch.first + std::max<int64_t>(batch.size, 1);
  slot.rows.clear();
  for (int64_t i = batch.first; i < last; ++i) slot.rows.push_back(static_cast<size_t>(begin + i));
  // Partners of mixup lie in other processes' parts: they are read here too, last partner first, for mixup() to find.
  if (options.mixup > 0 && options.parts > 1)
    for (int64_t i = last - 1; i >= batch.first; --i) slot.rows.push_back(static_cast<size_t>(begin + whole - 1 - i));
}

// What fails here fails as a batch of no rows would.
void Loader::Impl::begin(int64_t k, Slot& slot) const {
  try {
    choose_rows(k, slot);
    const SampleSpec& spec = dataset->spec();
    const auto rows = std::ssize(slot.rows);
    Batch& batch = slot.batch;
    batch.inputs.resize(spec.inputs.size());
    slot.fields.clear();
    for (size_t f = 0; f < spec.inputs.size(); ++f) {
      prepare(batch.inputs[f], spec.inputs[f], rows);
      slot.fields.push_back(batch.inputs[f].edit_bytes());
    }
    prepare(batch.target, spec.target, rows);
    slot.fields.push_back(batch.target.edit_bytes());
    slot.missing = (rows + kChunk - 1) / kChunk;
  } catch (...) {
    slot.rows.clear();
    slot.missing = 1;
    slot.error = std::current_exception();
    slot.error_chunk = -1;
  }
}

void Loader::Impl::fill(int64_t c, const Slot& slot) const {
  std::vector<std::span<std::byte>> one(slot.fields.size());
  const size_t last = std::min(slot.rows.size(), static_cast<size_t>((c + 1) * kChunk));
  for (size_t i = static_cast<size_t>(c * kChunk); i < last; ++i) {
    const Place& place = order[slot.rows[i]];
    for (size_t f = 0; f < one.size(); ++f) {
      const size_t bytes = slot.fields[f].size() / slot.rows.size();
      one[f] = slot.fields[f].subspan(i * bytes, bytes);
    }
    uint64_t draw = mix({options.seed, static_cast<uint64_t>(options.epoch), place.index});
    if (place.repetition > 0) draw = mix({draw, place.repetition});
    dataset->read(place.index, std::max<uint64_t>(draw, 1), {std::span(one).first(one.size() - 1), one.back()});
  }
}

void Loader::Impl::finish(int64_t k, Slot& slot) const {
  if (slot.error || options.mixup <= 0) return;
  try {
    const auto seed = mix({options.seed, static_cast<uint64_t>(options.epoch), static_cast<uint64_t>(k)});
    mixup(slot.batch, options.mixup, options.classes, seed);
    const int64_t own = std::max<int64_t>(slot.batch.size, 1);
    if (own == std::ssize(slot.rows)) return;
    for (Tensor& input : slot.batch.inputs) input = first_rows(input, own);
    slot.batch.target = first_rows(slot.batch.target, own);
  } catch (...) {
    slot.error = std::current_exception();
  }
}

void Loader::Impl::work() {
  std::unique_lock lock(mutex);
  while (true) {
    freed.wait(lock, [&] { return stop || claimed >= batches || chunk > 0 || claimed < taken + std::ssize(slots); });
    if (stop || claimed >= batches) return;
    const int64_t k = claimed, c = chunk++;
    Slot& mine = slot(k);
    if (c == 0) begin(k, mine);
    if (chunk * kChunk >= std::ssize(mine.rows)) ++claimed, chunk = 0;
    lock.unlock();
    std::exception_ptr error;
    try {
      fill(c, mine);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (error && (!mine.error || c < mine.error_chunk)) mine.error = error, mine.error_chunk = c;
    if (--mine.missing > 0) continue;
    lock.unlock();
    finish(k, mine);
    lock.lock();
    mine.ready = true;
    filled.notify_all();
  }
}

Loader::Loader(DatasetPtr dataset, const Options& options) : impl_(std::make_unique<Impl>()) {
  ensure(options.batch >= 1, "a batch of {} samples", options.batch);
  ensure(options.part >= 0 && options.part < options.parts, "part {} of {}", options.part, options.parts);
  impl_->dataset = std::move(dataset);
  impl_->options = options;
  impl_->order = options.balanced ? balanced_order(*impl_->dataset, options.seed, options.epoch)
                                  : sample_order(impl_->dataset->size(), options.shuffle, options.seed, options.epoch);
  const auto samples = std::ssize(impl_->order);
  impl_->batches = options.drop_last ? samples / options.batch : (samples + options.batch - 1) / options.batch;
  const int cores = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMostThreads);
  const int threads = options.threads > 0 ? options.threads : cores;
  impl_->slots.resize(static_cast<size_t>(std::max(1, options.ahead)));
  for (int i = 0; i < threads; ++i) {
    try {
      impl_->threads.emplace_back([impl = impl_.get()] { impl->work(); });
    } catch (const std::system_error& e) {
      if (i == 0) fail(Code::limit, "cannot start a thread that reads data: {}", e.what());
      break;  // fewer threads give the same batches
    }
  }
}

Loader::~Loader() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->freed.notify_all();
  for (std::thread& thread : impl_->threads) thread.join();
}

int64_t Loader::batches() const { return impl_->batches; }

bool Loader::next(Batch& batch) {
  std::unique_lock lock(impl_->mutex);
  if (impl_->taken >= impl_->batches) return false;
  Impl::Slot& slot = impl_->slot(impl_->taken);
  impl_->filled.wait(lock, [&] { return slot.ready; });
  slot.ready = false;
  std::swap(batch, slot.batch);  // the caller's last batch goes back: its buffers are used again
  const std::exception_ptr error = std::exchange(slot.error, nullptr);
  ++impl_->taken;
  lock.unlock();
  impl_->freed.notify_all();
  if (error) std::rethrow_exception(error);
  return true;
}

}  // namespace pare
