// Vision transformer ("An image is worth 16x16 words", Dosovitskiy et al. 2021) of the size ViT-Ti ("Training
// data-efficient image transformers", Touvron et al. 2021, table 1): patches become tokens, a class token goes before
// them, positions are learned; blocks of attention and two layers with Gelu between, each with a norm in front.
#include <cmath>

#include "core/error.h"
#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

struct VitOptions : ImageOptions {
  int64_t patch = 16, depth = 12, width = 192, heads = 3;
  VitOptions() : ImageOptions{.classes = 1000, .channels = 3, .size = 224} {}
  void visit(ParamVisitor& v) {
    ImageOptions::visit(v);
    v.field("patch", patch, "height and width of a patch", {1, 512});
    v.field("depth", depth, "blocks", {1, 256});
    v.field("width", width, "elements of a token", {1, 16384});
    v.field("heads", heads, "heads of an attention; they divide the width", {1, 1024});
  }
};

class Vit {
 public:
  Vit(const VitOptions& options, uint64_t seed) : options_(options), b_("vit-tiny", seed, options) {
    ensure(options.size % options.patch == 0, "patches of {} pixels do not cover {} pixels", options.patch,
           options.size);
    ensure(options.width % options.heads == 0, "a width of {} cannot be split between {} heads", options.width,
           options.heads);
  }

  Graph build() {
    ValueId x = tokens();
    for (int64_t i = 1; i <= options_.depth; ++i) {
      const std::string at = "block" + std::to_string(i) + ".";
      x = b_.apply(OpKind::add, at + "add1", {x, attention(at + "attention.", norm(at + "norm1", x))});
      x = b_.apply(OpKind::add, at + "add2", {x, mlp(at + "mlp.", norm(at + "norm2", x))});
    }
    x = norm("norm", x);
    Attributes axis;
    axis.set("axis", int64_t{1});
    x = b_.apply(OpKind::gather, "class", {x, b_.constant("class.index", Tensor::scalar(int64_t{0}))}, axis);
    return b_.finish(b_.fc("head", x, options_.classes, Init::narrow));
  }

 private:
  ValueId norm(const std::string& name, ValueId x) { return b_.layer_norm(name, x, 1e-6F); }

  // (N, channels, size, size) to (N, 1 + patches, width).
  ValueId tokens() {
    const int64_t side = options_.size / options_.patch, width = options_.width;
    ValueId x = b_.conv("patches", b_.input(), width,
                        {.kernel = options_.patch, .stride = options_.patch, .init = Init::lecun});
    x = b_.transpose("patches.sequence", b_.reshape("patches.flat", x, {0, width, side * side}), {0, 2, 1});
    Attributes first;
    first.set("start", int64_t{0});
    first.set("end", int64_t{1});
    const ValueId batch = b_.apply(OpKind::shape, "class_token.batch", {b_.input()}, first);
    const ValueId shape = b_.concat("class_token.shape", {batch, b_.integers("class_token.size", {1, width})}, 0);
    const ValueId token = b_.parameter("class_token", {1, 1, width}, 1, 1, Init::narrow);
    x = b_.concat("tokens", {b_.apply(OpKind::expand, "class_token.expand", {token, shape}), x});
    length_ = side * side + 1;
    return b_.apply(OpKind::add, "embedding",
                    {x, b_.parameter("position_embedding", {1, length_, width}, 1, 1, Init::narrow)});
  }

  // softmax(q k' / sqrt(d)) v in every head. Three layers give q, k and v, each of them prunable by itself.
  ValueId attention(const std::string& at, ValueId x) {
    const int64_t part = options_.width / options_.heads;
    const auto split = [&](const char* name, const Shape& order) {
      const ValueId y = b_.linear(at + name, x, options_.width, Init::narrow);
      const std::string heads = at + name + ".heads";
      return b_.transpose(heads, b_.reshape(heads + ".split", y, {0, length_, options_.heads, part}), order);
    };
    const ValueId q = split("query", {0, 2, 1, 3}), k = split("key", {0, 2, 3, 1}), v = split("value", {0, 2, 1, 3});
    const float scale = 1 / std::sqrt(static_cast<float>(part));
    ValueId y = b_.apply(OpKind::matmul, at + "scores", {q, k});
    y = b_.apply(OpKind::mul, at + "scaled", {y, b_.constant(at + "scale", Tensor::scalar(scale))});
    Attributes last;
    last.set("axis", int64_t{-1});
    y = b_.apply(OpKind::softmax, at + "softmax", {y}, last);
    y = b_.transpose(at + "merge", b_.apply(OpKind::matmul, at + "mixed", {y, v}), {0, 2, 1, 3});
    y = b_.reshape(at + "merged", y, {0, length_, options_.width});
    return b_.linear(at + "output", y, options_.width, Init::narrow);
  }

  ValueId mlp(const std::string& at, ValueId x) {
    x = gelu(at + "gelu", b_.linear(at + "fc1", x, 4 * options_.width, Init::narrow));
    return b_.linear(at + "fc2", x, options_.width, Init::narrow);
  }

  // x (1 + erf(x / sqrt(2))) / 2 (Hendrycks and Gimpel 2016), in the nodes that PyTorch exports below opset 20.
  ValueId gelu(const std::string& at, ValueId x) {
    const auto number = [&](const char* name, float value) { return b_.constant(at + name, Tensor::scalar(value)); };
    ValueId y = b_.apply(OpKind::div, at + ".div", {x, number(".sqrt2", std::sqrt(2.0F))});
    y = b_.apply(OpKind::erf, at + ".erf", {y});
    y = b_.apply(OpKind::add, at + ".add", {y, number(".one", 1)});
    y = b_.apply(OpKind::mul, at + ".mul", {x, y});
    return b_.apply(OpKind::mul, at, {y, number(".half", 0.5F)});
  }

  VitOptions options_;
  Builder b_;
  int64_t length_ = 0;  // tokens
};

Graph build_vit_tiny(const Param& params, uint64_t seed) { return Vit(zoo_options<VitOptions>(params), seed).build(); }
std::vector<ParamInfo> options_vit() { return params_info(VitOptions{}); }

}  // namespace

extern const Architecture zoo_vit_tiny;
const Architecture zoo_vit_tiny = {"vit-tiny", "vision transformer ViT-Ti/16 (ImageNet by default)", build_vit_tiny,
                                   options_vit, 5'717'416};

}  // namespace pare
