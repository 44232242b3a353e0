#include "compress/step.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/random.h"

namespace pare {

const Data& Session::need_data(std::string_view what) const {
  ensure(data != nullptr, "{} needs data: name it with --data or in the recipe", what);
  return *data;
}

namespace {

void add_teacher(Job& job, const Teacher& teacher) {
  LossTerm& task = job.objective.front();
  const bool classes = task.kind == "cross_entropy";
  task.weight = 1 - teacher.weight;
  job.graphs.push_back({.name = "teacher", .graph = teacher.graph, .trains = false});
  LossTerm soft{
      .kind = classes ? "kl" : "mse", .weight = teacher.weight, .inputs = {"student", "teacher"}, .options = {}};
  if (classes) soft.options["temperature"] = teacher.temperature;
  job.objective.push_back(std::move(soft));
}

}  // namespace

void Session::fit(const TrainOptions& options, Observer* observer, const Teacher* teacher,
                  std::span<const LossTerm> more) {
  if (options.epochs == 0) return;
  const size_t index = fits++;
  if (store && store->finished(index, graph, report.history)) return;

  const Data& parts = need_data("training");
  Job job;
  job.graphs.push_back({.name = "student", .graph = &graph, .trains = true});
  job.train = parts.train;
  if (options.evaluate_each_epoch) job.validation = parts.validation;
  if (test_curves) job.test = parts.test;
  job.objective.front().kind = task_loss(parts.train->spec());
  if (teacher) add_teacher(job, *teacher);
  job.objective.insert(job.objective.end(), more.begin(), more.end());
  job.options = options;
  job.seed = mix({seed, index});
  job.observer = observer;
  if (store) {
    job.resume = store->load(index);
    job.save = [&](std::span<const std::byte> bytes, int64_t) { store->save(index, bytes); };
  }
  engine().fit(job, progress);

  // Training runs of one step make one curve.
  const int64_t before = report.history.empty() ? 0 : report.history.back().epoch;
  for (EpochRecord& record : job.history) record.epoch += before;
  if (store) store->finish(index, graph, job.history);
  report.history.insert(report.history.end(), job.history.begin(), job.history.end());
}

std::vector<std::byte> Session::decide(const std::function<std::vector<std::byte>()>& choose) {
  const size_t index = decisions++;
  std::vector<std::byte> bytes = store ? store->decision(index) : std::vector<std::byte>();
  if (!bytes.empty()) return bytes;
  bytes = choose();
  if (store) store->decide(index, bytes);
  return bytes;
}

}  // namespace pare
