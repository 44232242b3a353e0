#include "compress/frame.h"

#include <chrono>

#include "compress/history.h"
#include "compress/measure.h"
#include "compress/shared_store.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/random.h"
#include "train/together.h"

namespace pare {

using Json = nlohmann::ordered_json;

uint64_t hash_of_bytes(std::span<const std::byte> bytes) {
  return hash_of(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string StepFrame::key_after(const Point& from, const RecipeStep& step, size_t index) const {
  const StepPlan plan = step.def->plan(step.params, recipe.train);
  return fmt::format("{:02}-{}-{:016x}", index + 1, step.def->name,
                     mix({hash_of(from.key), hash_of(json_text(plan.options))}));
}

Point StepFrame::run(const Point& from, const RecipeStep& step, size_t index) const {
  Point to;
  to.key = key_after(from, step, index);
  const std::string title = fmt::format("step {}: {}", index + 1, step.def->name);
  const std::string place = output ? output->step_folder(to.key) : to.key;
  std::optional<StepCheckpoint> checkpoint;
  const Bytes saved = on_main(together, [&] {
    if (progress.cancelled()) fail(Code::cancelled, "stopped before {}", title);
    if (output) checkpoint.emplace(place);
    const auto found = checkpoint ? checkpoint->read() : std::nullopt;
    return found ? wrap({found->graph, json_text(found->entry)}) : Bytes{};
  });
  std::vector<std::byte> frozen;
  if (!saved.empty()) {
    progress.log(title + " (done before)");
    Parcel parcel = unwrap(saved);
    frozen = std::move(parcel.bytes);
    try {
      to.entry = Json::parse(parcel.text);
      const Json& packing = to.entry.at("packing");
      to.packing.codec = packing.at("codec").get<std::string>();
      to.packing.strip = packing.at("strip").get<bool>();
    } catch (const Json::exception&) {
      fail(Code::corrupt, "{}/step.json is damaged: --restart throws the run away and starts anew", place);
    }
  } else {
    progress.log(title);
    MemoryStore memory;
    FitStore& own = checkpoint ? static_cast<FitStore&>(*checkpoint) : memory;
    std::optional<SharedStore> shared;
    if (together) shared.emplace(*together, own);
    FitStore& store = shared ? static_cast<FitStore&>(*shared) : own;
    frozen = within(title, [&] { return run_fresh(from, to, step, index, store); });
    do_on_main(together, [&] {
      if (checkpoint) checkpoint->write(frozen, to.entry);
    });
  }
  to.hash = hash_of_bytes(frozen);
  to.graph = thaw(frozen, place + "/step.pare", from.graph.source);
  return to;
}

// Returns the network in bytes.
std::vector<std::byte> StepFrame::run_fresh(const Point& from, Point& to, const RecipeStep& step, size_t index,
                                            FitStore& store) const {
  to.graph = from.graph;
  to.packing = from.packing;
  StepReport report;
  Session session{.graph = to.graph,
                  .data = data,
                  .progress = progress,
                  .report = report,
                  .packing = to.packing,
                  .engine = engine,
                  .seed = mix({seed, index, hash_of(step.def->name)}),
                  .train_defaults = recipe.train,
                  .test_curves = recipe.test_curves,
                  .store = &store};
  const auto start = std::chrono::steady_clock::now();
  step.def->run(session, step.params);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  verify(to.graph);
  std::vector<std::byte> frozen = freeze(to.graph);
  to.hash = hash_of_bytes(frozen);

  to.entry["step"] = step.def->name;
  to.entry["options"] = step.def->plan(step.params, recipe.train).options;
  to.entry["seconds"] = seconds.count();
  to.entry["history"] = to_json(report.history);
  to.entry["warnings"] = report.warnings;
  to.entry["details"] = std::move(report.details);
  to.entry["packing"] = {{"codec", to.packing.codec}, {"strip", to.packing.strip}};
  to.entry["figures"] = measure(to.graph, to.packing);
  evaluate_validation(from, to);
  for (const std::string& warning : report.warnings) progress.log("warning: " + warning);
  return frozen;
}

// A step that leaves the network as it is leaves its figures.
void StepFrame::evaluate_validation(const Point& from, Point& to) const {
  if (!data || !data->validation) return;
  const bool known =
      to.hash == from.hash && from.entry.contains("figures") && from.entry["figures"].contains("validation");
  to.entry["figures"]["validation"] = known ? from.entry["figures"]["validation"]
                                            : to_json(engine().evaluate(to.graph, *data->validation, {}, progress));
}

}  // namespace pare
