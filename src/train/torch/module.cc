#include "train/torch/module.h"

#include <algorithm>

#include "core/error.h"
#include "train/torch/convert.h"
#include "train/torch/fake_quant.h"

namespace pare::engine {

std::string place(const Graph& graph, const Node& node) {
  std::string text = fmt::format("node '{}' ({})", node.name, node.type.empty() ? onnx_name(node.op) : node.type);
  if (!graph.source.empty()) text += " of " + graph.source;
  return text;
}

std::string first_line(const std::exception& error) {
  const auto* ours = dynamic_cast<const c10::Error*>(&error);
  const std::string text = ours ? ours->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

Module::Module(const Graph& graph, std::vector<ValueId> wanted, at::Device device)
    : inputs_(graph.inputs),
      wanted_(std::move(wanted)),
      constants_(graph.values.size()),
      needed_(graph.values.size(), false),
      device_(device),
      source_(graph.source) {
  const auto need = [&](ValueId id) -> std::vector<bool>::reference { return needed_[static_cast<size_t>(id)]; };
  for (const ValueId id : wanted_) {
    ensure(id >= 0 && static_cast<size_t>(id) < graph.values.size(), "value {} is not in the graph", id);
    need(id) = true;
  }
  // Backwards: a node is needed when one of its outputs is; the first use met is a value's last in execution order.
  std::vector<bool> kept = needed_;  // wanted values are never released
  std::vector<bool> used(graph.values.size(), false);
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    const auto is_needed = [&](ValueId id) { return id != kNoValue && need(id); };
    if (node.dead || std::none_of(node.outputs.begin(), node.outputs.end(), is_needed)) continue;
    const Prepare prepare = node.domain.empty() || node.domain == "ai.onnx" ? find_op(node.op) : nullptr;
    Step step;
    step.label = place(graph, node);
    if (!prepare) fail(Code::unsupported, "{} cannot run: the op is not known", step.label);
    step.kernel = within(step.label + " cannot run", [&] { return prepare(node); });
    step.inputs = node.inputs;
    step.outputs = node.outputs;
    for (const ValueId id : node.inputs) {
      if (id == kNoValue) continue;
      need(id) = true;
      if (!used[static_cast<size_t>(id)] && !kept[static_cast<size_t>(id)]) step.release.push_back(id);
      used[static_cast<size_t>(id)] = true;
    }
    for (const ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      if (!used[static_cast<size_t>(id)] && !kept[static_cast<size_t>(id)]) step.release.push_back(id);
      if (graph.value(id).activation_grid) step.activation_grids.emplace_back(id, *graph.value(id).activation_grid);
    }
    steps_.push_back(std::move(step));
  }
  std::reverse(steps_.begin(), steps_.end());
  check_and_place(graph);
}

// Loads the constants that are needed and makes sure that every needed value comes from somewhere.
void Module::check_and_place(const Graph& graph) {
  std::vector<bool> available(graph.values.size(), false);
  for (const ValueId id : inputs_) {
    available[static_cast<size_t>(id)] = true;
    if (graph.value(id).activation_grid) input_grids_.emplace_back(id, *graph.value(id).activation_grid);
  }
  for (const Step& step : steps_)
    for (const ValueId id : step.outputs)
      if (id != kNoValue) available[static_cast<size_t>(id)] = true;
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (!needed_[i]) continue;
    const Value& value = graph.values[i];
    if (value.constant) {
      constants_[i] = within("constant '" + value.name + "'", [&] { return to_aten(*value.constant); });
      if (constants_[i].is_floating_point()) constants_[i] = constants_[i].to(device_);
    } else {
      ensure(available[i], "value '{}' of {} comes from nowhere", value.name,
             graph.source.empty() ? "the graph" : graph.source);
    }
  }
}

std::vector<at::Tensor> Module::run(std::span<const at::Tensor> inputs, const Mode& mode) const {
  ensure(inputs.size() == inputs_.size(), "{} wants {} inputs, {} were given",
         source_.empty() ? "the network" : source_, inputs_.size(), inputs.size());
  std::vector<at::Tensor> values = constants_;
  const auto at = [&](ValueId id) -> at::Tensor& { return values[static_cast<size_t>(id)]; };
  for (size_t i = 0; i < inputs.size(); ++i)
    at(inputs_[i]) = inputs[i].is_floating_point() ? inputs[i].to(device_) : inputs[i];
  for (const auto& [id, grid] : input_grids_) at(id) = round_to_grid(at(id), grid);

  std::vector<at::Tensor> operands;
  for (const Step& step : steps_) {
    operands.clear();
    for (const ValueId id : step.inputs) operands.push_back(id == kNoValue ? at::Tensor() : at(id));
    try {
      Outputs results = step.kernel(operands, mode);
      for (size_t i = 0; i < step.outputs.size(); ++i) {
        if (step.outputs[i] == kNoValue || (i >= results.size() && !needed_[static_cast<size_t>(step.outputs[i])]))
          continue;
        if (i >= results.size()) fail(Code::unsupported, "output {} is not computed", i);
        at(step.outputs[i]) = std::move(results[i]);
      }
      for (const auto& [id, grid] : step.activation_grids) at(id) = round_to_grid(at(id), grid);
    } catch (const Error& error) {
      throw Error(error.code(), step.label + ": " + error.what());
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      fail(Code::invalid, "{}: {}", step.label, first_line(error));
    }
    for (const ValueId id : step.release) at(id) = at::Tensor();
  }
  std::vector<at::Tensor> results;
  for (const ValueId id : wanted_) results.push_back(at(id));
  return results;
}

}  // namespace pare::engine
