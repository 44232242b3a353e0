// What architectures are written with: layers by name, weights drawn from (seed, name).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/edit.h"
#include "core/graph.h"
#include "core/params.h"

namespace pare {

// How a weight starts; uniform within +-bound, biases 0 unless said otherwise.
enum class Init : uint8_t {
  he,      // bound sqrt(6 / fan_in): keeps the variance through ReLU (He et al. 2015)
  glorot,  // bound sqrt(6 / (fan_in + fan_out)): for tanh and for the last layer (Glorot and Bengio 2010)
  lecun,   // weight and bias within 1 / sqrt(fan_in): what LibTorch's layers start with; small nets train well from it
};

// Options that every family has.
struct ImageOptions {
  int64_t classes = 10, channels = 1, size = 28;
  void visit(ParamVisitor& v) {
    v.field("classes", classes, "outputs of the last layer", {1, 1e6});
    v.field("channels", channels, "channels of the input image", {1, 1024});
    v.field("size", size, "height and width of the input image", {1, 4096});
  }
};

struct ConvOptions {
  int64_t kernel = 3, stride = 1, pad = 0, group = 1;
  bool bias = true;
  Init init = Init::he;
};

class Builder {
 public:
  // A graph with the input "input" (N, channels, size, size).
  Builder(std::string_view name, uint64_t seed, const ImageOptions& image);

  ValueId input() const { return graph_.inputs[0]; }
  ValueId conv(const std::string& name, ValueId x, int64_t channels, const ConvOptions& options);
  ValueId fc(const std::string& name, ValueId x, int64_t features, Init init);
  ValueId batch_norm(const std::string& name, ValueId x);
  ValueId max_pool(const std::string& name, ValueId x, int64_t kernel, int64_t stride);
  ValueId average_pool(const std::string& name, ValueId x, int64_t kernel, int64_t stride);
  ValueId dropout(const std::string& name, ValueId x, float ratio);
  // A node without weights of its own.
  ValueId apply(OpKind op, const std::string& name, std::vector<ValueId> inputs, Attributes attributes = {});
  // A trainable constant filled with `value`, for what is no layer of its own (a scale per channel).
  ValueId parameter(const std::string& name, Shape shape, float value);
  ValueId constant(const std::string& name, Tensor tensor);

  int64_t channels(ValueId x) const { return size(x, 1); }
  int64_t size(ValueId x, size_t axis) const;  // of a dimension that is known

  // Names the output "logits" and marks weights trainable. Grey images get the preprocessing of MNIST: x / 255.
  Graph finish(ValueId logits);

 private:
  ValueId weight(const std::string& name, Shape shape, int64_t fan_in, int64_t fan_out, Init init);
  ValueId bias(const std::string& name, int64_t count, int64_t fan_in, Init init);

  Graph graph_;
  uint64_t seed_;
  std::vector<ValueId> parameters_;
};

// Reads the options of an architecture and says whose they are when they are wrong.
template <class Options>
Options zoo_options(const Param& params, Options options = {}) {
  read_params(params, options);
  return options;
}

}  // namespace pare
