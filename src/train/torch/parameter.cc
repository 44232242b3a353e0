#include "train/torch/parameter.h"

#include <cmath>

#include "core/error.h"
#include "train/torch/convert.h"

namespace pare::engine {
namespace {

at::Tensor zeros_of(const BitMask& mask, const Shape& shape, at::Device device) {
  at::Tensor gone = at::empty(shape, at::kBool);
  bool* out = gone.data_ptr<bool>();
  for (size_t i = 0; i < mask.size(); ++i) out[i] = !mask[i];
  return gone.to(device);
}

// Elements that a mask removed while their weights were shared move to the entry that is exactly zero.
void clear_masked_levels(Value& value, const BitMask& mask) {
  const Grid& grid = *value.encoding.grid;
  const auto level = value.encoding.levels->view<int32_t>();
  const std::optional<int32_t> zero = zero_level(grid);
  std::span<int32_t> edited;
  for (size_t i = 0; i < mask.size(); ++i) {
    const size_t dim = static_cast<size_t>(grid.dim), entry = static_cast<size_t>(level[i / dim]) * dim + i % dim;
    if (mask[i] || grid.codebook[entry] == 0) continue;
    if (!zero || dim != 1)
      fail(Code::invalid, "'{}' lost weights to a mask, but its codebook has no zero for them", value.name);
    if (edited.empty()) edited = value.encoding.levels->edit<int32_t>();
    edited[i] = *zero;
  }
}

// Weights that came in a narrower float type go back to it, so that the file stays as small as it came and holds the
// very network that is measured. What has left the type's range keeps all of them wide.
Tensor rounded_to_source(Tensor weights, const Value& value) {
  if (value.encoding.grid || !is_float(value.source_dtype) || size_of(value.source_dtype) >= sizeof(float))
    return weights;
  const Tensor narrow = cast(cast(weights, value.source_dtype), DType::f32);
  const auto from = weights.view<float>(), to = narrow.view<float>();
  for (size_t i = 0; i < to.size(); ++i)
    if (!std::isfinite(to[i]) && std::isfinite(from[i])) return weights;
  return narrow;
}

}  // namespace

bool Trained::can_train(const Value& value) {
  return value.constant && value.constant->dtype() == DType::f32 &&
         (!value.encoding.grid || value.encoding.grid->kind == GridKind::codebook);
}

Trained::Trained(const Value& from, ValueId id, const std::string& graph_name, at::Device device)
    : value(id), graph(graph_name), name(from.name), shape(from.constant->shape()), mask(from.encoding.mask) {
  weight = to_aten(*from.constant).to(device).clone();
  if (mask) gone_ = zeros_of(*mask, shape, device);
  trained = weight;
  if (from.encoding.grid) {
    const Grid& grid = *from.encoding.grid;
    const auto level = from.encoding.levels->view<int32_t>();
    at::Tensor levels = at::empty({weight.numel()}, at::kLong);
    int64_t* index = levels.data_ptr<int64_t>();
    const size_t dim = static_cast<size_t>(grid.dim);
    for (size_t i = 0; i < static_cast<size_t>(weight.numel()); ++i)
      index[i] = static_cast<int64_t>(level[i / dim]) * grid.dim + static_cast<int64_t>(i % dim);
    levels_ = levels.to(device);
    trained = at::tensor(grid.codebook).to(device);
    zero_entries_ = trained.eq(0);
    counts_ = count_members();
  }
  weight.set_requires_grad(true);
}

void Trained::set_rate(double factor) {
  rate = factor;
  weight.set_requires_grad(!frozen());
}

at::Tensor Trained::gather(const at::Tensor& codebook) const {
  at::Tensor w = codebook.index_select(0, levels_).reshape(shape);
  return gone_.defined() ? w.masked_fill_(gone_, 0) : w;
}

// Sum of `elements` over the members of each entry; in f64, in order, so that it is the same every time.
at::Tensor Trained::sum_members(const at::Tensor& elements) const {
  const at::Tensor host = elements.detach().cpu().contiguous(), index = levels_.cpu();
  std::vector<double> sums(static_cast<size_t>(trained.numel()), 0);
  const float* from = host.data_ptr<float>();
  const int64_t* entry = index.data_ptr<int64_t>();
  for (int64_t i = 0; i < host.numel(); ++i) sums[static_cast<size_t>(entry[i])] += from[i];
  return at::tensor(sums).to(elements.device(), at::kFloat);
}

at::Tensor Trained::count_members() const {
  return sum_members(gone_.defined() ? gone_.logical_not().to(at::kFloat) : at::ones_like(weight));
}

void Trained::take_gradient() {
  at::NoGradGuard no_gradients;
  at::Tensor& dense = weight.mutable_grad();
  if (!dense.defined()) dense = at::zeros_like(weight);  // the loss does not depend on it
  if (gone_.defined()) dense.masked_fill_(gone_, 0);
  gradient = from_codebook() ? sum_members(dense).masked_fill_(zero_entries_, 0) : dense;
}

void Trained::clear_gradient() {
  weight.mutable_grad() = at::Tensor();
  gradient = at::Tensor();
}

void Trained::materialize() {
  if (!from_codebook()) return;
  at::NoGradGuard no_gradients;
  trained.masked_fill_(zero_entries_, 0);
  weight.copy_(gather(trained));
}

void Trained::adopt_weight() {
  at::NoGradGuard no_gradients;
  if (gone_.defined()) weight.masked_fill_(gone_, 0);
  if (!from_codebook()) return;
  const at::Tensor mean = sum_members(weight) / counts_.clamp_min(1);
  trained.copy_(at::where(counts_.gt(0), mean, trained));
  materialize();
}

void Trained::apply_mask(const std::optional<BitMask>& before) {
  at::NoGradGuard no_gradients;
  if (!mask) return;
  if (!before || !(*before == *mask)) {
    const at::Tensor previous = gone_;
    gone_ = zeros_of(*mask, shape, weight.device());
    if (from_codebook()) {
      counts_ = count_members();
    } else {
      const at::Tensor starts_anew = previous.defined() ? gone_.logical_or(previous) : gone_;
      for (at::Tensor* moment : {&first, &second})
        if (moment->defined()) moment->masked_fill_(starts_anew, 0);
      if (average.defined()) average.masked_fill_(gone_, 0);
    }
  }
  adopt_weight();
}

void Trained::restored() {
  if (mask) gone_ = zeros_of(*mask, shape, weight.device());
  if (from_codebook()) counts_ = count_members();
  for (at::Tensor* moment : {&first, &second})  // a checkpoint holds them on the host
    if (moment->defined()) *moment = moment->to(trained.device());
  materialize();
}

at::Tensor Trained::averaged_weight() const {
  at::NoGradGuard no_gradients;
  if (!average.defined()) return weight.detach();
  return from_codebook() ? gather(average) : average;
}

void Trained::write_back(Value& target) const {
  at::NoGradGuard no_gradients;
  target.constant = rounded_to_source(from_aten(averaged_weight()), target);
  if (mask) target.encoding.mask = mask;
  if (!from_codebook()) return;
  Grid& grid = *target.encoding.grid;
  const Tensor codebook = from_aten(average.defined() ? average : trained);
  const auto entries = codebook.view<float>();
  grid.codebook.assign(entries.begin(), entries.end());
  if (mask) clear_masked_levels(target, *mask);
}

}  // namespace pare::engine
