// BatchNormalization. In training the node's running statistics (graph constants) are updated in place:
// running = momentum * running + (1 - momentum) * batch, with the unbiased variance, as PyTorch does.
#include "train/torch/op.h"

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
    return {at::batch_norm(in[0], in[1], in[2], in[3], in[4], learns, 1 - momentum, epsilon, /*cudnn=*/true)};
  };
}

}  // namespace pare::engine
