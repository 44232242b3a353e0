#include "train/torch/sync_norm.h"

namespace pare::engine {
namespace {

struct Statistics {
  at::Tensor mean, variance;  // f64, one per channel; variance with the divisor N
  at::Tensor count;           // f64, elements per channel in all processes
};

// Sums in f64: E[x^2] - E[x]^2 loses nothing that f32 would have kept.
Statistics statistics(const at::Tensor& x, const BatchPart& part) {
  const int64_t channels = x.size(1);
  const at::Tensor sums = at::zeros({2 * channels + 1}, x.options().dtype(at::kDouble));
  if (part.rows > 0) {
    const int64_t count = x.numel() / channels;
    std::vector<int64_t> others{0};
    for (int64_t d = 2; d < x.dim(); ++d) others.push_back(d);
    const auto [variance_here, mean_here] = at::var_mean(x, others, /*unbiased=*/false);
    const at::Tensor mean = mean_here.to(at::kDouble);
    sums.narrow(0, 0, channels).copy_(mean * count);
    sums.narrow(0, channels, channels).copy_((variance_here.to(at::kDouble) + mean.square()) * count);
    sums.narrow(0, 2 * channels, 1).fill_(count);
  }
  part.group->sum(sums);
  const at::Tensor count = sums.narrow(0, 2 * channels, 1);
  const at::Tensor mean = sums.narrow(0, 0, channels) / count;
  return {mean, (sums.narrow(0, channels, channels) / count - mean.square()).clamp_min(0), count};
}

at::Tensor per_channel(const at::Tensor& v, const at::Tensor& like) {
  std::vector<int64_t> shape(static_cast<size_t>(like.dim()), 1);
  shape[1] = v.numel();
  return v.reshape(shape);
}

// y = (x - mean) / sqrt(variance + epsilon) * scale + shift, where mean and variance follow from x of every process.
class SyncNorm : public torch::autograd::Function<SyncNorm> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& scale,
                            const at::Tensor& shift, const at::Tensor& mean, const at::Tensor& variance,
                            const at::Tensor& count, double epsilon, int64_t group, int64_t rows) {
    context->save_for_backward({x, scale, mean, variance, count});
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["group"] = group;
    context->saved_data["rows"] = rows;
    return at::batch_norm(x, scale, shift, mean, variance, /*training=*/false, 0, epsilon, /*cudnn=*/false);
  }

  // With g the gradient of y and n = (x - mean) / deviation:
  //   dx = scale / deviation * (g - E[g] - n E[g n]), means over the rows of all processes (Ioffe and Szegedy, 2015).
  // Gradients of scale and shift are those of this process's rows: they are summed with all others.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &scale = saved[1], &mean = saved[2], &variance = saved[3], &count = saved[4];
    const double epsilon = context->saved_data["epsilon"].toDouble();
    auto* group = reinterpret_cast<ProcessGroup*>(context->saved_data["group"].toInt());
    // As if mean and variance were constants: dx = scale / deviation * g.
    auto [dx, dscale, dshift] = at::native_batch_norm_backward(gradients[0].contiguous(), x, scale, mean, variance, {},
                                                               {}, /*train=*/false, epsilon, {true, true, true});
    const at::Tensor sums = at::cat({dshift, dscale}).to(at::kDouble);
    group->sum(sums);
    if (context->saved_data["rows"].toInt() == 0)  // the statistics do not depend on a row that does not count
      return {at::zeros_like(x), dscale, dshift, {}, {}, {}, {}, {}, {}};
    const std::vector<at::Tensor> means = (sums / count).to(x.scalar_type()).chunk(2);
    const at::Tensor inverse = at::rsqrt(variance + epsilon), factor = scale * inverse;
    dx.sub_(per_channel(factor * means[0], x));
    dx.addcmul_(x - per_channel(mean, x), per_channel(factor * inverse * means[1], x), -1);
    return {dx, dscale, dshift, {}, {}, {}, {}, {}, {}};
  }
};

}  // namespace

at::Tensor sync_batch_norm(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                           const at::Tensor& mean, const at::Tensor& variance, double momentum, double epsilon,
                           const BatchPart& part) {
  Statistics batch;
  {
    at::NoGradGuard no_gradients;
    batch = statistics(x, part);
    const at::Tensor unbiased = batch.variance * (batch.count / (batch.count - 1));
    mean.mul_(1 - momentum).add_(batch.mean.to(mean.scalar_type()), momentum);
    variance.mul_(1 - momentum).add_(unbiased.to(variance.scalar_type()), momentum);
  }
  return SyncNorm::apply(x, scale, shift, batch.mean.to(x.scalar_type()), batch.variance.to(x.scalar_type()),
                         batch.count, epsilon, reinterpret_cast<int64_t>(part.group), part.rows);
}

}  // namespace pare::engine
