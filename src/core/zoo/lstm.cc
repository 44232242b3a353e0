// A classifier of sequences: layers of LSTM ("Long short-term memory", Hochreiter and Schmidhuber 1997; with the forget
// gate of Gers et al. 2000), the last hidden state, one linear layer. By default it reads the rows of a 28 x 28 image.
#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

struct LstmOptions {
  int64_t classes = 10, features = 28, steps = 28, hidden = 128, layers = 1;
  bool bidirectional = false;
  void visit(ParamVisitor& v) {
    v.field("classes", classes, "outputs of the last layer", {1, 1e6});
    v.field("features", features, "numbers in each step of the input", {1, 65536});
    v.field("steps", steps, "length of the sequence", {1, 1e6});
    v.field("hidden", hidden, "units of a layer, in each direction", {1, 65536});
    v.field("layers", layers, "layers of LSTM", {1, 64});
    v.field("bidirectional", bidirectional, "read the sequence backwards as well");
  }
};

class Lstm {
 public:
  Lstm(const LstmOptions& options, uint64_t seed)
      : options_(options),
        directions_(options.bidirectional ? 2 : 1),
        b_("lstm", seed, Shape{options.steps, options.features}) {}

  Graph build() {
    ValueId x = b_.transpose("steps_first", b_.input(), {1, 0, 2});
    for (int64_t i = 1; i < options_.layers; ++i) {
      const std::string name = "lstm" + std::to_string(i);
      x = layer(name, x, kAllSteps);  // (steps, directions, N, hidden)
      x = b_.reshape(name + ".joined", b_.transpose(name + ".sequence", x, {0, 2, 1, 3}),
                     {0, 0, directions_ * options_.hidden});
    }
    x = layer("lstm" + std::to_string(options_.layers), x, kLastStep);  // (directions, N, hidden)
    x = b_.flatten("flatten", b_.transpose("last", x, {1, 0, 2}));
    return b_.finish(b_.fc("fc", x, options_.classes, Init::lecun));
  }

 private:
  static constexpr size_t kAllSteps = 0, kLastStep = 1;  // outputs of the op

  ValueId layer(const std::string& name, ValueId x, size_t output) {
    const int64_t hidden = options_.hidden, gates = 4 * hidden;
    Attributes attributes;
    attributes.set("hidden_size", hidden);
    if (options_.bidirectional) attributes.set("direction", std::string("bidirectional"));
    // LibTorch draws all weights within 1 / sqrt(hidden).
    const auto weight = [&](const char* part, int64_t columns) {
      return b_.parameter(name + part, {directions_, gates, columns}, hidden, gates, Init::lecun);
    };
    std::vector<ValueId> inputs = {x, weight(".weight", b_.size(x, 2)), weight(".recurrence", hidden),
                                   b_.parameter(name + ".bias", biases())};
    return b_.apply(OpKind::lstm, name, std::move(inputs), std::move(attributes), output);
  }

  // Biases of the input's weights, then of the recurrence, gates in the order i, o, f, c. Those of the forget gate add
  // up to 1, so that the cell remembers at first (Jozefowicz et al. 2015); the others start at 0.
  Tensor biases() const {
    const int64_t hidden = options_.hidden;
    Tensor tensor(DType::f32, {directions_, 8 * hidden});
    const std::span<float> values = tensor.edit<float>();
    for (int64_t d = 0; d < directions_; ++d)
      for (int64_t i = 0; i < hidden; ++i) values[static_cast<size_t>(d * 8 * hidden + 2 * hidden + i)] = 1;
    return tensor;
  }

  LstmOptions options_;
  int64_t directions_;
  Builder b_;
};

Graph build_lstm(const Param& params, uint64_t seed) { return Lstm(zoo_options<LstmOptions>(params), seed).build(); }
std::vector<ParamInfo> options_lstm() { return params_info(LstmOptions{}); }

}  // namespace

extern const Architecture zoo_lstm;
const Architecture zoo_lstm = {"lstm", "LSTM over a sequence, classified by its last state", build_lstm, options_lstm,
                               82'186};

}  // namespace pare
