#include "core/world.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "core/error.h"

namespace pare {
namespace {

using Variables = std::function<const char*(const char*)>;

std::optional<std::string> text_of(const Variables& variable, const char* name) {
  const char* value = variable(name);
  if (!value || !*value) return {};
  return value;
}

std::optional<int> number_of(const Variables& variable, const char* name, int low, int high) {
  const auto text = text_of(variable, name);
  if (!text) return {};
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  ensure(error == std::errc() && end == text->data() + text->size() && value >= low && value <= high,
         "the environment variable {} is '{}', not a number of {} to {}", name, *text, low, high);
  return value;
}

int need(const std::optional<int>& value, const char* name, const char* because) {
  ensure(value.has_value(), "the environment variable {} is missing ({} is set)", name, because);
  return *value;
}

constexpr int kMostProcesses = 1 << 20, kLastPort = 65535;

// "node[003-006,9],gpu1" names node003 first.
std::string first_host(std::string_view list) {
  std::string host;
  for (size_t i = 0; i < list.size() && list[i] != ','; ++i) {
    if (list[i] != '[') {
      host += list[i];
      continue;
    }
    for (++i; i < list.size() && list[i] != ',' && list[i] != '-' && list[i] != ']'; ++i) host += list[i];
    i = std::min(list.find(']', i), list.size());
  }
  return host;
}

World of_torchrun(const Variables& variable, int size) {
  constexpr const char* kBecause = "WORLD_SIZE";
  World world;
  world.size = size;
  world.rank = need(number_of(variable, "RANK", 0, size - 1), "RANK", kBecause);
  world.local_rank = number_of(variable, "LOCAL_RANK", 0, size - 1).value_or(world.rank);
  world.local_size = number_of(variable, "LOCAL_WORLD_SIZE", 1, size).value_or(1);
  const auto address = text_of(variable, "MASTER_ADDR");
  ensure(address.has_value(), "the environment variable MASTER_ADDR is missing ({} is set)", kBecause);
  world.address = *address;
  world.port = need(number_of(variable, "MASTER_PORT", 1, kLastPort), "MASTER_PORT", kBecause);
  world.has_server = text_of(variable, "TORCHELASTIC_USE_AGENT_STORE").value_or("") == "True";
  world.attempt = text_of(variable, "TORCHELASTIC_RESTART_COUNT").value_or("0");
  return world;
}

World of_slurm(const Variables& variable, int size) {
  constexpr const char* kBecause = "SLURM_PROCID";
  World world;
  world.size = size;
  world.rank = need(number_of(variable, "SLURM_PROCID", 0, size - 1), "SLURM_PROCID", "SLURM_NTASKS");
  world.local_rank = number_of(variable, "SLURM_LOCALID", 0, size - 1).value_or(0);
  const auto nodes = text_of(variable, "SLURM_STEP_NODELIST"), launcher = text_of(variable, "SLURM_LAUNCH_NODE_IPADDR");
  if (const auto given = text_of(variable, "MASTER_ADDR"))
    world.address = *given;
  else if (nodes)
    world.address = first_host(*nodes);
  else if (launcher)
    world.address = *launcher;
  ensure(!world.address.empty(), "the environment variable SLURM_STEP_NODELIST names no node ({} is set)", kBecause);
  // A port of the job's own, so that two jobs on one node do not meet.
  constexpr int kFirst = 20000, kPorts = 40000, kStepsApart = 97;
  const int job = number_of(variable, "SLURM_JOB_ID", 0, INT32_MAX).value_or(0);
  const int step = number_of(variable, "SLURM_STEP_ID", 0, INT32_MAX).value_or(0);
  const int own = kFirst + static_cast<int>((int64_t{job} + int64_t{step} * kStepsApart) % kPorts);
  world.port = number_of(variable, "MASTER_PORT", 1, kLastPort).value_or(own);
  return world;
}

World& mutable_world() {
  static World world;
  return world;
}

}  // namespace

World world_from(const Variables& variable) {
  if (const auto size = number_of(variable, "WORLD_SIZE", 1, kMostProcesses))
    return *size > 1 ? of_torchrun(variable, *size) : World{};
  // A batch script sees SLURM_NTASKS too, though it is alone: only srun says which nodes the step runs on.
  const bool in_step = text_of(variable, "SLURM_STEP_NODELIST") || text_of(variable, "SLURM_LAUNCH_NODE_IPADDR");
  if (!in_step) return {};
  const auto tasks = number_of(variable, "SLURM_STEP_NUM_TASKS", 1, kMostProcesses);
  const int size = tasks ? *tasks : number_of(variable, "SLURM_NTASKS", 1, kMostProcesses).value_or(1);
  return size > 1 ? of_slurm(variable, size) : World{};
}

World world_from_environment() {
  return world_from([](const char* name) { return std::getenv(name); });
}

const World& world() { return mutable_world(); }
void set_world(World world) { mutable_world() = std::move(world); }

}  // namespace pare
