#include "train/torch/trainer.h"

#include <chrono>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_text.h"
#include "core/random.h"
#include "train/evaluation.h"
#include "train/torch/batch.h"
#include "train/torch/checkpoint.h"
#include "train/torch/convert.h"
#include "train/torch/evaluate.h"

namespace pare::engine {
namespace {

constexpr int64_t kEvaluationBatch = 256;

DatasetPtr augmented(const Job& job, const AugmentOptions& options) {
  if (!options.any()) return job.train;
  const auto preprocessing = from_metadata(job.graphs.at(0).graph->origin.metadata);
  return augment(job.train, options, preprocessing.value_or(Preprocessing{}));
}

// Classes of the first graph that trains, which targets that mixup makes are distributions over; 0 when unknown.
int64_t output_classes(const Job& job) {
  for (const Job::Role& role : job.graphs) {
    if (!role.trains || role.graph->outputs.empty()) continue;
    const auto& dims = role.graph->value(role.graph->outputs[0]).dims;
    return dims && dims->size() >= 2 && (*dims)[1].known() ? (*dims)[1].factor : 0;
  }
  return 0;
}

// A last batch of one sample has no variance for batch norm to divide by: it is left out.
bool drops_last(int64_t samples, int64_t batch) { return samples > batch && samples % batch == 1; }

// Of options, seed, data and what trains.
int64_t fingerprint(const Job& job, std::span<Trained* const> parameters) {
  std::string text = json_text(params_to_json(job.options)) + fmt::format("{} {}", job.seed, job.train->size());
  for (const Trained* p : parameters) text += fmt::format(" {}:{}[{}]", p->graph, p->name, fmt::join(p->shape, ","));
  return static_cast<int64_t>(hash_of(text));
}

std::string line(const EpochRecord& record, int64_t epochs) {
  std::string text = fmt::format("epoch {}/{}  loss {:.4f}", record.epoch, epochs, record.train_loss);
  if (record.validation) text += "  validation " + figures_text(*record.validation);
  if (record.test) text += "  test " + figures_text(*record.test);
  return text + fmt::format("  rate {:.3g}  {:.1f} s", record.rate, record.train_seconds);
}

}  // namespace

Trainer::Trainer(Job& job, at::Device device, ProcessGroup* group)
    : job_(job), device_(device), group_(group), objective_(job), optimizer_(job.options) {
  ensure(job.train && job.train->size() > 0, "there is no training data");
  ensure(!job.graphs.empty(), "there is nothing to train");
  AugmentOptions changes;
  read_params(job.options.augment, changes);
  data_ = augmented(job, changes);
  networks_.reserve(job.graphs.size());
  std::vector<Trained*> shown;  // to observers
  for (size_t i = 0; i < job.graphs.size(); ++i) {
    check_inputs(*job.graphs[i].graph, job.train->spec());
    ensure(!group || fixed_batch(*job.graphs[i].graph) == 0,
           "'{}' takes batches of {} samples only: several processes need a network that takes any", job.graphs[i].name,
           fixed_batch(*job.graphs[i].graph));
    networks_.emplace_back(job.graphs[i], objective_.wanted(i), job.options, device);
    for (Trained& p : networks_.back().parameters) {
      shown.push_back(&p);
      if (!p.frozen()) parameters_.push_back(&p);
    }
  }
  ensure(!parameters_.empty(), "no graph of the job trains");
  const int64_t samples = static_cast<int64_t>(data_->size()), batch = job.options.batch;
  order_.batch = batch;
  order_.shuffle = true;
  order_.balanced = job.options.sampling == "balanced";
  order_.mixup = changes.mixup;
  order_.classes = output_classes(job);
  order_.seed = job.seed;
  order_.drop_last = drops_last(samples, batch);
  if (group) order_.part = group->rank(), order_.parts = group->size();
  per_epoch_ = order_.drop_last ? samples / batch : (samples + batch - 1) / batch;
  steps_ = per_epoch_ * job.options.epochs;
  mode_.training = true;
  mode_.bf16 = job.options.precision == "bf16";
  mode_.device = device;
  mode_.random = at::detail::createCPUGenerator();
  mode_.part.group = group;
  fingerprint_ = fingerprint(job, parameters_);
  view_ = std::make_unique<StateView>(shown);
  if (group) sum_ = std::make_unique<GradientSum>(*group, parameters_, device);
}

void Trainer::run(Progress& progress) {
  if (job_.options.ema > 0)
    for (Network& network : networks_) network.start_average();
  const int64_t done = resume();
  check_agreement(done);
  for (int64_t epoch = done + 1; epoch <= job_.options.epochs; ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    const double loss = train_epoch(epoch, progress);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    check_agreement(epoch);
    job_.history.push_back(measure_epoch(epoch, loss, seconds, progress));
    progress.log(line(job_.history.back(), job_.options.epochs));
    if (job_.observer)
      view_->show({step_, steps_, per_epoch_, loss_},
                  [&](State& state) { job_.observer->on_epoch(job_.history.back(), state); });
    save(epoch);
  }
  for (Network& network : networks_) network.write_back();
}

double Trainer::train_epoch(int64_t epoch, Progress& progress) {
  order_.epoch = epoch;
  Loader loader(data_, order_);
  Stage stage(progress, fmt::format("epoch {}/{}", epoch, job_.options.epochs), static_cast<uint64_t>(per_epoch_));
  double sum = 0;
  int64_t samples = 0;
  Batch batch;
  for (uint64_t n = 0; loader.next(batch); stage.advance(++n)) {
    if (!group_) stage.check();  // several processes stop after the same step
    loss_ = train_step(batch, progress.cancelled());
    if (!std::isfinite(loss_))
      fail(Code::invalid, "the loss stopped being a number at step {} (epoch {}): the rate {:.3g} may be too high",
           step_, epoch, rate_at(step_ - 1));
    sum += loss_ * static_cast<double>(batch.whole);
    samples += batch.whole;
    progress.note(fmt::format("loss {:.4f}", sum / static_cast<double>(samples)));
  }
  return sum / static_cast<double>(samples);
}

double Trainer::train_step(const Batch& host, bool stop) {
  const DeviceBatch batch = to_device(host, device_);
  mode_.part.first = host.first, mode_.part.rows = host.size, mode_.part.whole = host.whole;
  mode_.random->set_current_seed(mix({job_.seed, hash_of("dropout"), static_cast<uint64_t>(step_)}));
  for (Trained* p : parameters_) p->clear_gradient();
  std::vector<std::vector<at::Tensor>> outputs;
  for (Network& network : networks_) {
    at::AutoGradMode gradients(network.trains);
    Mode mode = mode_;
    mode.training = network.trains;
    outputs.push_back(network.module->run(batch.inputs, mode));
  }
  const at::Tensor loss = objective_.value(outputs, batch.target);
  ensure(loss.requires_grad(), "the objective does not depend on anything that trains");
  const double value = backward(loss, host, stop);
  if (std::isfinite(value)) update();
  ++step_;
  return value;
}

// `loss` is the mean over this process's rows; gradients and what is returned are those of the mean over all rows.
double Trainer::backward(const at::Tensor& loss, const Batch& batch, bool stop) {
  if (!sum_) {
    loss.backward();
    return loss.item<double>();
  }
  const at::Tensor share = loss * (static_cast<double>(batch.size) / static_cast<double>(batch.whole));
  sum_->begin(share, stop);
  share.backward();
  const GradientSum::Sums sums = sum_->finish();
  if (sums.stop) fail(Code::cancelled, "stopped at the user's request");
  return sums.loss;
}

// Nothing may set the processes apart: what each computes from the same sums is the same.
void Trainer::check_agreement(int64_t epoch) const {
  if (!group_) return;
  uint64_t hash =
      mix({static_cast<uint64_t>(fingerprint_), static_cast<uint64_t>(epoch), static_cast<uint64_t>(step_)});
  for (const Trained* p : parameters_) {
    const Tensor weight = from_aten(p->weight.detach());
    const auto bytes = weight.bytes();
    hash = mix({hash, hash_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()})});
  }
  ensure(group_->agree(hash), "after epoch {} the processes hold different weights, options or data", epoch);
}

void Trainer::update() {
  Observer* observer = job_.observer;
  if (observer && observer->wants_step(step_, steps_, per_epoch_))
    view_->show({step_, steps_, per_epoch_, loss_}, [&](State& state) { observer->on_step(state); });
  for (Trained* p : parameters_) p->take_gradient();
  if (job_.options.clip_norm > 0) clip_gradients(parameters_, job_.options.clip_norm);
  optimizer_.update(parameters_, rate_at(step_), step_);
  if (observer && observer->projects())
    view_->show({step_ + 1, steps_, per_epoch_, loss_}, [&](State& state) { observer->project(state); });
  if (job_.options.ema > 0)
    for (Network& network : networks_) network.update_average(job_.options.ema);
}

EpochRecord Trainer::measure_epoch(int64_t epoch, double loss, double seconds, Progress& progress) {
  EpochRecord record;
  record.epoch = epoch;
  record.rate = rate_at(step_ - 1);
  record.train_loss = loss;
  record.train_seconds = seconds;
  if (!job_.options.evaluate_each_epoch) return record;
  for (Network& network : networks_) {
    if (!network.trains) continue;  // the first that trains is the one to watch
    const WithAverage average(network);
    Mode mode;
    mode.device = device_;
    mode.part.group = group_;
    const int64_t fixed = fixed_batch(*network.graph), batch = fixed > 0 ? fixed : kEvaluationBatch;
    if (job_.validation) record.validation = evaluate(*network.evaluation, job_.validation, batch, {}, mode, progress);
    if (job_.test) record.test = evaluate(*network.evaluation, job_.test, batch, {}, mode, progress);
    break;
  }
  return record;
}

// Everything that a later step depends on. Random numbers and the order of samples follow from (seed, step, epoch).
template <class Io>
void Trainer::visit(Io& io, int64_t& epoch) {
  io.field(epoch), io.field(step_), io.field(loss_);
  int64_t records = static_cast<int64_t>(job_.history.size());
  io.field(records);
  job_.history.resize(static_cast<size_t>(std::min<int64_t>(records, job_.options.epochs)));
  for (EpochRecord& record : job_.history) io.field(record);
  for (Network& network : networks_) {
    for (Trained& p : network.parameters) {
      if (p.frozen() && !job_.observer) continue;  // nobody can have changed it
      io.field(p.mask);
      io.field(p.trained), io.field(p.first), io.field(p.second), io.field(p.average);
      p.restored();
    }
    for (Buffer& b : network.buffers) io.field(b.current), io.field(b.average);
  }
}

void Trainer::save(int64_t epoch) {
  if (!job_.save) return;
  CheckpointWriter writer;
  writer.field(fingerprint_);
  visit(writer, epoch);
  const std::vector<std::byte> bytes = writer.take();
  job_.save(bytes, epoch);
}

int64_t Trainer::resume() {
  job_.history.clear();
  if (job_.resume.empty()) return 0;
  return within("cannot resume training", [&] {
    CheckpointReader reader(job_.resume);
    int64_t fingerprint = 0, epoch = 0;
    reader.field(fingerprint);
    ensure(fingerprint == fingerprint_, "the checkpoint belongs to another run");
    visit(reader, epoch);
    if (!reader.at_end()) fail(Code::corrupt, "the checkpoint is longer than it should be");
    return epoch;
  });
}

}  // namespace pare::engine
