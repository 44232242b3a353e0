// Losses over classes as ops: scores [N, C, d1 ...], targets [N, d1 ...] and optional weights [C].
#include <limits>

#include "core/error.h"
#include "train/torch/op.h"

namespace pare::engine {
namespace {

using Loss = std::function<at::Tensor(const at::Tensor& log_probabilities, Inputs in)>;

Loss negative_log_likelihood(const Node& node) {
  const std::string reduction = node.attributes.text("reduction", "mean");
  const int64_t how = reduction == "none"  ? at::Reduction::None
                      : reduction == "sum" ? at::Reduction::Sum
                                           : at::Reduction::Mean;
  // Without one no target is ignored.
  const int64_t ignored = node.attributes.integer("ignore_index", std::numeric_limits<int64_t>::min());
  return [=](const at::Tensor& x, Inputs in) {
    const at::Tensor target = in[1].to(at::kLong).to(x.device());
    const at::Tensor counted = target.ne(ignored);
    const at::Tensor right = target.masked_select(counted);
    ensure(right.numel() == 0 || (right.min().item<int64_t>() >= 0 && right.max().item<int64_t>() < x.size(1)),
           "a target is not one of the {} classes", x.size(1));
    const at::Tensor weight = present(in, 2) ? in[2] : at::Tensor();
    return at::nll_loss_nd(x, target, weight, how, ignored);
  };
}

}  // namespace

Kernel prepare_negative_log_likelihood_loss(const Node& node) {
  return [loss = negative_log_likelihood(node)](Inputs in, const Mode&) -> Outputs { return {loss(in[0], in)}; };
}

Kernel prepare_softmax_cross_entropy_loss(const Node& node) {
  return [loss = negative_log_likelihood(node)](Inputs in, const Mode&) -> Outputs {
    const at::Tensor log_probabilities = at::log_softmax(in[0], 1);
    return {loss(log_probabilities, in), log_probabilities};
  };
}

}  // namespace pare::engine
