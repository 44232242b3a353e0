// Normalizations. In training BatchNormalization's running statistics (graph constants) are updated in place:
// running = momentum * running + (1 - momentum) * batch, with the unbiased variance, as PyTorch does.
#include "core/error.h"
#include "train/torch/op.h"
#include "train/torch/ops/root.h"
#include "train/torch/sync_norm.h"

namespace pare::engine {

Kernel prepare_batch_normalization(const Node& node) {
  const float epsilon = node.attributes.real("epsilon", 1e-5f), momentum = node.attributes.real("momentum", 0.9f);
  const bool batch_form = node.attributes.integer("training_mode", 0) != 0;  // the model asks for batch statistics
  return [=](Inputs in, const Mode& mode) -> Outputs {
    // A norm of which nothing trains is frozen: it keeps its statistics.
    const bool learns = mode.training && (in[1].requires_grad() || in[2].requires_grad());
    if (batch_form && !learns) {
      const at::Tensor mean = in[3].clone(), variance = in[4].clone();
      const at::Tensor y = at::batch_norm(in[0], in[1], in[2], mean, variance, true, 1 - momentum, epsilon, false);
      // ONNX's running variance takes that of the batch as it is, LibTorch's the unbiased one.
      const double n = static_cast<double>(in[0].numel()) / static_cast<double>(in[1].numel());
      const at::Tensor old = in[4] * momentum;
      return {y, mean, old + (variance - old) * ((n - 1) / n)};
    }
    if (learns && mode.part.group)
      return {sync_batch_norm(in[0], in[1], in[2], in[3], in[4], 1 - momentum, epsilon, mode.part)};
    return {at::batch_norm(in[0], in[1], in[2], in[3], in[4], learns, 1 - momentum, epsilon, /*cudnn=*/true)};
  };
}

// Mean and variance of each sample's channel, which training and evaluation both take.
Kernel prepare_instance_normalization(const Node& node) {
  const float epsilon = node.attributes.real("epsilon", 1e-5F);
  return [=](Inputs in, const Mode&) -> Outputs {
    return {at::instance_norm(in[0], in[1], in[2], {}, {}, /*use_input_stats=*/true, 0, epsilon, /*cudnn=*/false)};
  };
}

// Like it over groups of channels; scale and shift are each channel's own.
Kernel prepare_group_normalization(const Node& node) {
  const float epsilon = node.attributes.real("epsilon", 1e-5F);
  const int64_t groups = node.attributes.integer("num_groups", 0);
  ensure(groups >= 1, "GroupNormalization has {} groups", groups);
  return [=](Inputs in, const Mode&) -> Outputs {
    ensure(in[0].dim() >= 2 && in[0].size(1) % groups == 0, "the channels do not divide into {} groups", groups);
    const int64_t channels = in[0].size(1);
    ensure(in[1].numel() == channels && in[2].numel() == channels, "a parameter needs {} elements", channels);
    return {at::group_norm(in[0], groups, in[1], in[2], epsilon, /*cudnn_enabled=*/false)};
  };
}

Kernel prepare_mean_variance_normalization(const Node& node) {
  const std::vector<int64_t> axes = node.attributes.integers("axes", {0, 2, 3});
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor centred = in[0] - at::mean(in[0], axes, /*keepdim=*/true);
    const at::Tensor deviation = root(at::mean(centred * centred, axes, /*keepdim=*/true), 2);
    return {centred / (deviation + 1e-9)};
  };
}

// A row of zeros stays one.
Kernel prepare_lp_normalization(const Node& node) {
  const int64_t given = node.attributes.integer("axis", -1), p = node.attributes.integer("p", 2);
  ensure(p == 1 || p == 2, "LpNormalization has p {}", p);
  return [=](Inputs in, const Mode&) -> Outputs {
    const int64_t axis = axis_of(given, in[0].dim());
    const at::Tensor powers = p == 1 ? in[0].abs() : in[0] * in[0];
    const at::Tensor norm = root(at::sum(powers, {axis}, /*keepdim=*/true), static_cast<double>(p));
    return {in[0] / norm.masked_fill(norm.eq(0), 1)};
  };
}

// Over the dimensions from `axis` on. Scale and shift may broadcast, which LibTorch's own op does not take.
Kernel prepare_layer_normalization(const Node& node) {
  const int64_t given = node.attributes.integer("axis", -1);
  const float epsilon = node.attributes.real("epsilon", 1e-5F);
  const bool statistics = node.outputs.size() > 1;
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor& x = in[0];
    const int64_t axis = axis_of(given, x.dim());
    const at::IntArrayRef shape = x.sizes().slice(static_cast<size_t>(axis));
    const bool whole = in[1].sizes() == shape && (!present(in, 2) || in[2].sizes() == shape);
    if (!statistics && whole)
      return {at::layer_norm(x, shape, in[1], present(in, 2) ? Optional<at::Tensor>(in[2]) : Optional<at::Tensor>(),
                             epsilon)};
    std::vector<int64_t> axes;
    for (int64_t i = axis; i < x.dim(); ++i) axes.push_back(i);
    const at::Tensor mean = at::mean(x, axes, true), centred = x - mean;
    const at::Tensor inverse = at::rsqrt(at::mean(centred * centred, axes, true) + epsilon);
    at::Tensor y = centred * inverse * in[1];
    if (present(in, 2)) y = y + in[2];
    return {y, mean, inverse};
  };
}

// Each element by the squares of its neighbours in `size` channels.
Kernel prepare_lrn(const Node& node) {
  const float alpha = node.attributes.real("alpha", 1e-4F), beta = node.attributes.real("beta", 0.75F),
              bias = node.attributes.real("bias", 1);
  const int64_t size = node.attributes.integer("size", 1);
  ensure(size >= 1, "LRN has size {}", size);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor& x = in[0];
    // A window over the channels, as a pool over a dimension of its own: (N, 1, C, the rest).
    const at::Tensor squares =
        at::constant_pad_nd((x * x).flatten(2).unsqueeze(1), {0, 0, (size - 1) / 2, size - 1 - (size - 1) / 2}, 0);
    const at::Tensor sums = at::avg_pool2d(squares, {size, 1}, {1, 1}, {0, 0}, false, true, int64_t{1});
    return {x / at::pow(sums.squeeze(1).reshape(x.sizes()) * (alpha / static_cast<float>(size)) + bias, beta)};
  };
}

}  // namespace pare::engine
