#include "train/torch/state_view.h"

#include "core/error.h"

namespace pare::engine {
namespace {

std::span<float> floats(at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  return {tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel())};
}

}  // namespace

StateView::StateView(std::span<Trained* const> trained) {
  for (Trained* t : trained) {
    slots_.push_back({t, {}, {}, {}, false});
    Parameter parameter;
    parameter.graph = t->graph;
    parameter.value = t->value;
    parameter.name = t->name;
    parameter.shape = t->shape;
    parameters_.push_back(std::move(parameter));
  }
}

void StateView::show(const StateCounters& counters, const std::function<void(State&)>& callback) {
  counters_ = counters;
  open();
  callback(*this);
  close();
}

void StateView::open() {
  at::NoGradGuard no_gradients;
  for (size_t i = 0; i < slots_.size(); ++i) {
    Slot& s = slots_[i];
    s.weight = s.trained->weight.detach().cpu().contiguous();
    const at::Tensor& gradient = s.trained->weight.grad();
    if (gradient.defined() && !gradient.is_contiguous()) s.trained->weight.mutable_grad() = gradient.contiguous();
    s.gradient = gradient.defined() ? s.trained->weight.grad().cpu() : at::Tensor();
    s.mask_before = s.trained->mask;
    s.changed = false;
    parameters_[i].weight = floats(s.weight);
    parameters_[i].gradient = floats(s.gradient);
    parameters_[i].mask = s.trained->mask ? &*s.trained->mask : nullptr;
  }
}

void StateView::close() {
  at::NoGradGuard no_gradients;
  for (size_t i = 0; i < slots_.size(); ++i) {
    Slot& s = slots_[i];
    if (!s.trained->weight.is_cpu()) {
      if (s.changed) s.trained->weight.copy_(s.weight);
      if (s.gradient.defined()) s.trained->weight.mutable_grad().copy_(s.gradient);
    }
    const bool masked_anew = s.trained->mask && !(s.mask_before == s.trained->mask);
    if (masked_anew)
      s.trained->apply_mask(s.mask_before);
    else if (s.changed)
      s.trained->adopt_weight();
    s.weight = s.gradient = at::Tensor();
    parameters_[i].weight = parameters_[i].gradient = {};
  }
}

StateView::Slot& StateView::slot(const Parameter& parameter) {
  const auto index = static_cast<size_t>(&parameter - parameters_.data());
  if (index >= slots_.size()) fail(Code::internal, "an observer passed a parameter that is not the engine's");
  return slots_[index];
}

BitMask& StateView::mask(Parameter& parameter) {
  Trained& trained = *slot(parameter).trained;
  if (!trained.mask) trained.mask.emplace(static_cast<size_t>(trained.weight.numel()));
  parameter.mask = &*trained.mask;
  return *trained.mask;
}

void StateView::changed(Parameter& parameter) { slot(parameter).changed = true; }

}  // namespace pare::engine
