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
  he_out,  // bound sqrt(6 / fan_out): the same for gradients; what the published code of ResNet and DenseNet draws
  glorot,  // bound sqrt(6 / (fan_in + fan_out)): for tanh and for the last layer (Glorot and Bengio 2010)
  lecun,   // weight and bias within 1 / sqrt(fan_in): what LibTorch's layers start with; small nets train well from it
  small,   // normal, deviation 0.01: the last layer of AlexNet and its successors (Krizhevsky et al. 2012)
  narrow,  // normal, deviation 0.02: transformers (Devlin et al. 2019, Touvron et al. 2021)
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

// Of networks that were published for ImageNet.
struct ImageNetOptions : ImageOptions {
  std::string stem = "imagenet";
  ImageNetOptions() : ImageOptions{.classes = 1000, .channels = 3, .size = 224} {}
  bool small() const { return stem == "small"; }
  void visit(ParamVisitor& v) {
    ImageOptions::visit(v);
    v.field("stem", stem,
            "imagenet: the first layers shrink the image, as published; small: they keep it, for images of 32 to 64 "
            "pixels",
            {"imagenet", "small"});
  }
};

// The same along every spatial axis, of which a series has one and an image two.
struct ConvOptions {
  int64_t kernel = 3, stride = 1, pad = 0, group = 1;
  bool bias = true;
  Init init = Init::he;
};

struct PoolOptions {
  int64_t kernel = 2, stride = 2, pad = 0;
  bool ceil = false;  // a last window may reach over the border
};

class Builder {
 public:
  // A graph with the input "input" (N, channels, size, size). Grey images get the preprocessing of MNIST: x / 255.
  Builder(std::string_view name, uint64_t seed, const ImageOptions& image);
  // The same for samples of any shape.
  Builder(std::string_view name, uint64_t seed, const Shape& sample);

  ValueId input() const { return graph_.inputs[0]; }
  ValueId conv(const std::string& name, ValueId x, int64_t channels, const ConvOptions& options);
  // A convolution without bias and the batch norm that brings the shift; the norm's scale starts at `scale`.
  ValueId conv_norm(const std::string& conv, const std::string& norm, ValueId x, int64_t channels, ConvOptions options,
                    float scale = 1);
  ValueId fc(const std::string& name, ValueId x, int64_t features, Init init);
  // A layer over the last axis of sequences: (N, steps, in) to (N, steps, features).
  ValueId linear(const std::string& name, ValueId x, int64_t features, Init init);
  ValueId batch_norm(const std::string& name, ValueId x, float scale = 1);
  ValueId layer_norm(const std::string& name, ValueId x, float epsilon);  // over the last axis
  ValueId max_pool(const std::string& name, ValueId x, const PoolOptions& options = {});
  ValueId average_pool(const std::string& name, ValueId x, const PoolOptions& options = {});
  ValueId global_pool(const std::string& name, ValueId x);  // means of the maps: (N, channels)
  ValueId dropout(const std::string& name, ValueId x, float ratio);
  ValueId relu(const std::string& name, ValueId x) { return apply(OpKind::relu, name, {x}); }
  ValueId relu6(const std::string& name, ValueId x);  // min(max(x, 0), 6)
  ValueId flatten(const std::string& name, ValueId x) { return apply(OpKind::flatten, name, {x}); }
  ValueId transpose(const std::string& name, ValueId x, const Shape& order);
  ValueId concat(const std::string& name, std::vector<ValueId> parts, int64_t axis = 1);
  ValueId reshape(const std::string& name, ValueId x, const Shape& shape);  // 0 keeps a dimension
  // A node without weights of its own; its output number `place` is the value.
  ValueId apply(OpKind op, const std::string& name, std::vector<ValueId> inputs, Attributes attributes = {},
                size_t place = 0);
  // Trainable constants, for what is no layer of its own: filled with `value`, drawn from (seed, name), or as given.
  ValueId parameter(const std::string& name, Shape shape, float value);
  ValueId parameter(const std::string& name, Shape shape, int64_t fan_in, int64_t fan_out, Init init);
  ValueId parameter(const std::string& name, Tensor tensor);
  ValueId constant(const std::string& name, Tensor tensor);                       // what training leaves alone
  ValueId integers(const std::string& name, const std::vector<int64_t>& values);  // a constant list

  int64_t channels(ValueId x) const { return size(x, 1); }
  int64_t size(ValueId x, size_t axis) const;  // of a dimension that is known

  // Names the output "logits".
  Graph finish(ValueId logits);

 private:
  ValueId bias(const std::string& name, int64_t count, int64_t fan_in, Init init);
  // Attributes of a window; fails where it is larger than x.
  Attributes window(const std::string& name, ValueId x, int64_t kernel, int64_t stride, int64_t pad) const;

  Graph graph_;
  uint64_t seed_;
};

// Reads the options of an architecture and says whose they are when they are wrong.
template <class Options>
Options zoo_options(const Param& params, Options options = {}) {
  read_params(params, options);
  return options;
}

}  // namespace pare
