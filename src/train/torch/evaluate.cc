#include "train/torch/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "train/torch/batch.h"
#include "train/torch/convert.h"
#include "train/torch/losses.h"

namespace pare::engine {
namespace {

// Counts of one batch of logits (n, classes, ...) against classes (n, ...); returns how many there were.
int64_t count(const at::Tensor& logits, const at::Tensor& target, bool confusion, Evaluation& sum) {
  const int64_t classes = logits.size(1);
  const at::Tensor known = target.ne(kNoClass), guess = std::get<1>(logits.max(1));
  const int64_t answers = known.sum().item<int64_t>();
  sum.answers += answers;
  sum.correct += guess.eq(target).sum().item<int64_t>();
  if (target.dim() == 1) {
    const at::Tensor best = std::get<1>(logits.topk(std::min<int64_t>(5, classes), 1));
    sum.top5 += static_cast<double>(best.eq(target.unsqueeze(1)).sum().item<int64_t>());
  }
  if (!confusion) return answers;
  sum.confusion.resize(static_cast<size_t>(classes * classes));
  const at::Tensor cells = (target * classes + guess).masked_select(known).cpu();
  const at::Tensor counts = at::bincount(cells, {}, classes * classes).contiguous();
  for (int64_t i = 0; i < counts.numel(); ++i) sum.confusion[static_cast<size_t>(i)] += counts.data_ptr<int64_t>()[i];
  return answers;
}

// Of the classes that occur in truth or answers (Everingham et al. 2010).
double mean_iou(std::span<const int64_t> confusion) {
  const auto classes = static_cast<size_t>(std::lround(std::sqrt(static_cast<double>(confusion.size()))));
  double sum = 0;
  int64_t occurring = 0;
  for (size_t c = 0; c < classes; ++c) {
    const int64_t both = confusion[c * classes + c];
    int64_t either = -both;
    for (size_t k = 0; k < classes; ++k) either += confusion[c * classes + k] + confusion[k * classes + c];
    if (either == 0) continue;
    sum += static_cast<double>(both) / static_cast<double>(either);
    ++occurring;
  }
  return occurring > 0 ? sum / static_cast<double>(occurring) : 0;
}

// The whole batches of a data set that belong to this process. Rank 0 has one when there is one at all.
DatasetPtr part_of(const DatasetPtr& data, int64_t batch, const ProcessGroup& group) {
  const int64_t samples = static_cast<int64_t>(data->size()), batches = (samples + batch - 1) / batch;
  const auto begin = [&](int64_t rank) {
    return std::min((batches * rank + group.size() - 1) / group.size() * batch, samples);
  };
  std::vector<size_t> mine(static_cast<size_t>(begin(group.rank() + 1) - begin(group.rank())));
  std::iota(mine.begin(), mine.end(), static_cast<size_t>(begin(group.rank())));
  return take(data, std::move(mine));
}

// The sums of all processes. Error(cancelled) in all of them when one was told to stop.
void add_up(Evaluation& sum, bool confusion, bool stop, ProcessGroup& group) {
  std::vector<double> numbers = {sum.loss,
                                 sum.top5,
                                 static_cast<double>(sum.correct),
                                 static_cast<double>(sum.samples),
                                 stop ? 1.0 : 0.0,
                                 static_cast<double>(sum.answers)};
  group.sum(numbers);
  if (numbers[4] > 0) fail(Code::cancelled, "stopped at the user's request");
  sum.loss = numbers[0], sum.top5 = numbers[1];
  sum.correct = std::llround(numbers[2]), sum.samples = std::llround(numbers[3]),
  sum.answers = std::llround(numbers[5]);
  if (!confusion) return;
  double cells = group.rank() == 0 ? static_cast<double>(sum.confusion.size()) : 0;  // others may have had no batch
  group.sum({&cells, 1});
  std::vector<double> counts(sum.confusion.begin(), sum.confusion.end());
  counts.resize(static_cast<size_t>(cells));
  group.sum(counts);
  sum.confusion.resize(counts.size());
  std::transform(counts.begin(), counts.end(), sum.confusion.begin(), [](double n) { return std::llround(n); });
}

}  // namespace

std::vector<ValueId> evaluated_values(const Graph& graph) { return {logits_of(graph), graph.outputs.at(0)}; }

Evaluation evaluate(const Module& module, const DatasetPtr& data, int64_t batch, const EvaluateOptions& options,
                    const Mode& mode, Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  at::NoGradGuard no_gradients;
  Loader::Options order;
  order.batch = batch;
  ProcessGroup* group = options.on_logits ? nullptr : mode.part.group;
  Loader loader(group ? part_of(data, batch, *group) : data, order);
  Stage stage(progress, "evaluate", static_cast<uint64_t>(loader.batches()));
  Evaluation sum;
  const FieldSpec& target = data->spec().target;
  sum.task = target.dtype != DType::i64 ? Evaluation::Task::values
             : target.shape.empty()     ? Evaluation::Task::classes
                                        : Evaluation::Task::class_maps;
  const bool maps = sum.task == Evaluation::Task::class_maps, confusion = options.confusion || maps;
  Batch host;
  for (uint64_t n = 0; loader.next(host); stage.advance(++n)) {
    if (group && progress.cancelled()) break;  // the others hear of it below
    if (!group) stage.check();
    const DeviceBatch device = to_device(host, mode.device);
    const std::vector<at::Tensor> outputs = module.run(device.inputs, mode);
    at::Tensor loss;
    int64_t counted = device.size;
    if (device.target.is_floating_point()) {
      ensure(outputs[1].sizes() == device.target.sizes(), "the network's output and the data's target differ in shape");
      loss = at::mse_loss(outputs[1], device.target);
    } else {
      ensure(outputs[0].size(0) == device.size, "the network gives {} rows for {} samples", outputs[0].size(0),
             device.size);
      check_classes(device.target, class_count(outputs[0], device.target));
      loss = cross_entropy(outputs[0], device.target, 0);
      counted = count(maps ? outputs[0] : outputs[0].flatten(1), device.target, confusion, sum);
    }
    sum.loss += loss.item<double>() * static_cast<double>(counted);
    if (options.on_logits) options.on_logits(from_aten(outputs[1]), sum.samples);
    sum.samples += device.size;
  }
  if (group) add_up(sum, confusion, progress.cancelled(), *group);
  if (maps) sum.mean_iou = mean_iou(sum.confusion);
  if (!options.confusion) sum.confusion.clear();
  if (const int64_t counted = sum.task == Evaluation::Task::values ? sum.samples : sum.answers; counted > 0) {
    const double n = static_cast<double>(counted);
    sum.loss /= n, sum.top5 /= n, sum.top1 = static_cast<double>(sum.correct) / n;
  }
  sum.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return sum;
}

}  // namespace pare::engine
