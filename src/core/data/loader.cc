#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <system_error>
#include <thread>

#include "core/data/dataset.h"
#include "core/error.h"
#include "core/random.h"

namespace pare {

// A ring of `ahead` slots: batch k lies in slot k % ahead. Workers claim batches in order and fill a slot once the
// batch that was there has been taken, so what arrives does not depend on the number of threads.
struct Loader::Impl {
  struct Slot {
    Batch batch;  // before it is filled: buffers of an older batch, to be used again
    std::exception_ptr error;
    bool ready = false;
  };

  DatasetPtr dataset;
  Options options;
  std::vector<size_t> order;
  int64_t batches = 0;
  std::vector<Slot> slots;
  std::mutex mutex;
  std::condition_variable filled, freed;
  int64_t claimed = 0, taken = 0;
  bool stop = false;
  std::vector<std::thread> threads;

  Slot& slot(int64_t k) { return slots[static_cast<size_t>(k % std::ssize(slots))]; }
  void work();
  void fill(int64_t k, Batch& batch) const;
};

namespace {

// The tensor's own buffer when it has the right form, else a new one.
void prepare(Tensor& tensor, const FieldSpec& spec, int64_t batch) {
  Shape shape{batch};
  shape.insert(shape.end(), spec.shape.begin(), spec.shape.end());
  if (tensor.dtype() != spec.dtype || tensor.shape() != shape) tensor = Tensor(spec.dtype, std::move(shape));
}

}  // namespace

void Loader::Impl::fill(int64_t k, Batch& batch) const {
  const SampleSpec& spec = dataset->spec();
  const int64_t begin = k * options.batch, whole = std::min(options.batch, std::ssize(order) - begin);
  batch.whole = whole;
  batch.first = std::min(whole * options.part / options.parts, whole - 1);
  batch.size = whole * (options.part + 1) / options.parts - whole * options.part / options.parts;
  const size_t first = static_cast<size_t>(begin + batch.first);
  const size_t count = static_cast<size_t>(std::max<int64_t>(batch.size, 1));
  batch.inputs.resize(spec.inputs.size());
  std::vector<std::span<std::byte>> all, one(spec.inputs.size());
  for (size_t f = 0; f < spec.inputs.size(); ++f) {
    prepare(batch.inputs[f], spec.inputs[f], static_cast<int64_t>(count));
    all.push_back(batch.inputs[f].edit_bytes());
  }
  prepare(batch.target, spec.target, static_cast<int64_t>(count));
  const std::span<std::byte> targets = batch.target.edit_bytes();
  for (size_t i = 0; i < count; ++i) {
    const size_t index = order[first + i];
    for (size_t f = 0; f < one.size(); ++f) one[f] = all[f].subspan(i * (all[f].size() / count), all[f].size() / count);
    const uint64_t draw = mix({options.seed, static_cast<uint64_t>(options.epoch), index});
    dataset->read(index, std::max<uint64_t>(draw, 1),
                  {one, targets.subspan(i * (targets.size() / count), targets.size() / count)});
  }
}

void Loader::Impl::work() {
  std::unique_lock lock(mutex);
  while (true) {
    freed.wait(lock, [&] { return stop || claimed >= batches || claimed < taken + std::ssize(slots); });
    if (stop || claimed >= batches) return;
    const int64_t k = claimed++;
    Slot& mine = slot(k);
    lock.unlock();
    std::exception_ptr error;
    try {
      fill(k, mine.batch);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    mine.error = error;
    mine.ready = true;
    filled.notify_all();
  }
}

Loader::Loader(DatasetPtr dataset, const Options& options) : impl_(std::make_unique<Impl>()) {
  ensure(options.batch >= 1, "a batch of {} samples", options.batch);
  ensure(options.part >= 0 && options.part < options.parts, "part {} of {}", options.part, options.parts);
  impl_->dataset = std::move(dataset);
  impl_->options = options;
  impl_->order.resize(impl_->dataset->size());
  std::iota(impl_->order.begin(), impl_->order.end(), size_t{0});
  if (options.shuffle) {
    Random random{options.seed, static_cast<uint64_t>(options.epoch), hash_of("shuffle")};
    random.shuffle(std::span(impl_->order));
  }
  const auto samples = std::ssize(impl_->order);
  impl_->batches = options.drop_last ? samples / options.batch : (samples + options.batch - 1) / options.batch;
  const int threads = std::max(1, options.threads);
  impl_->slots.resize(static_cast<size_t>(std::max({1, options.ahead, threads})));
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
  impl_->freed.notify_one();
  if (error) std::rethrow_exception(error);
  return true;
}

}  // namespace pare
