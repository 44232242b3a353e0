// RNN, LSTM, GRU, step by step: each is a few matrix products per step, whatever their activations.
#include <algorithm>
#include <functional>
#include <string>

#include "core/error.h"
#include "train/torch/op.h"

namespace pare::engine {
namespace {

using Activation = std::function<at::Tensor(const at::Tensor&)>;

Activation activation(std::string name, Optional<float> alpha, Optional<float> beta) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  const auto a = [&](float otherwise) { return alpha ? *alpha : otherwise; };
  const auto b = [&](float otherwise) { return beta ? *beta : otherwise; };
  if (name == "sigmoid") return [](const at::Tensor& x) { return at::sigmoid(x); };
  if (name == "tanh") return [](const at::Tensor& x) { return at::tanh(x); };
  if (name == "relu") return [](const at::Tensor& x) { return at::relu(x); };
  if (name == "leakyrelu") return [s = a(0.01F)](const at::Tensor& x) { return at::leaky_relu(x, s); };
  if (name == "thresholdedrelu") return [s = a(1)](const at::Tensor& x) { return at::threshold(x, s, 0); };
  if (name == "scaledtanh") return [s = a(1), t = b(1)](const at::Tensor& x) { return at::tanh(x * t) * s; };
  if (name == "hardsigmoid")
    return [s = a(0.2F), t = b(0.5F)](const at::Tensor& x) { return at::clamp(x * s + t, 0, 1); };
  if (name == "affine") return [s = a(1), t = b(0)](const at::Tensor& x) { return x * s + t; };
  if (name == "elu") return [s = a(1)](const at::Tensor& x) { return at::elu(x, s); };
  if (name == "softsign") return [](const at::Tensor& x) { return x / (1 + x.abs()); };
  if (name == "softplus") return [](const at::Tensor& x) { return at::softplus(x, 1, 30); };
  fail(Code::unsupported, "the activation '{}'", name);
}

// What the three have in common. `each` activations per direction.
struct Recurrence {
  Recurrence(const Node& node, std::vector<std::string> defaults) : each(defaults.size()) {
    const Attributes& given = node.attributes;
    const std::string direction = given.text("direction", "forward");
    ensure(direction == "forward" || direction == "reverse" || direction == "bidirectional", "direction '{}'",
           direction);
    directions = direction == "bidirectional" ? 2 : 1;
    first_reversed = direction == "reverse";
    batch_first = given.integer("layout", 0) != 0;
    if (given.has("clip")) clip = given.real("clip", 0);
    std::vector<std::string> names;
    if (const AttributeValue* list = given.find("activations"))
      if (const auto* texts = std::get_if<std::vector<std::string>>(list)) names = *texts;
    if (names.empty())
      for (int64_t d = 0; d < directions; ++d) names.insert(names.end(), defaults.begin(), defaults.end());
    ensure(names.size() == each * static_cast<size_t>(directions), "{} activations, {} are named",
           each * static_cast<size_t>(directions), names.size());
    const auto reals = [&](const char* name) {
      const AttributeValue* list = given.find(name);
      const auto* values = list ? std::get_if<std::vector<float>>(list) : nullptr;
      return values ? *values : std::vector<float>();
    };
    const std::vector<float> alpha = reals("activation_alpha"), beta = reals("activation_beta");
    for (size_t i = 0; i < names.size(); ++i)
      activations.push_back(activation(names[i], i < alpha.size() ? Optional<float>(alpha[i]) : Optional<float>(),
                                       i < beta.size() ? Optional<float>(beta[i]) : Optional<float>()));
  }

  const Activation& act(int64_t direction, size_t i) const {
    return activations[static_cast<size_t>(direction) * each + i];
  }
  at::Tensor clipped(const at::Tensor& x) const { return clip ? at::clamp(x, -*clip, *clip) : x; }
  bool reversed(int64_t direction) const { return direction == 1 || first_reversed; }

  size_t each;
  int64_t directions = 1;
  bool first_reversed = false, batch_first = false;
  Optional<float> clip;
  std::vector<Activation> activations;
};

// The state of one direction: hidden, and the cell of an LSTM.
struct State {
  at::Tensor hidden, cell;
};
// One step: gates of the input (x W' + both biases, where they may be added up), the state before.
using Step = std::function<State(const at::Tensor& gates, const State& before)>;

// Runs all directions. `make_step` binds one direction's weights; `input_bias` is added to x W'.
template <class MakeStep>
Outputs run(const Recurrence& how, Inputs in, bool with_cell, MakeStep&& make_step) {
  const at::Tensor x = how.batch_first ? in[0].transpose(0, 1) : in[0];
  const int64_t steps = x.size(0), batch = x.size(1), hidden = in[2].size(2);
  const at::Tensor lengths = present(in, 4) ? in[4].to(at::kLong).to(x.device()) : at::Tensor();
  const auto initial = [&](size_t input, int64_t d) {
    if (!present(in, input)) return at::zeros({batch, hidden}, x.options());
    return (how.batch_first ? in[input].transpose(0, 1) : in[input]).select(0, d);
  };
  std::vector<at::Tensor> all, last_hidden, last_cell;
  for (int64_t d = 0; d < how.directions; ++d) {
    at::Tensor input_bias;
    const Step step = make_step(d, input_bias);
    at::Tensor gates = at::matmul(x, in[1].select(0, d).t());
    if (input_bias.defined()) gates = gates + input_bias;
    State state{initial(5, d), with_cell ? initial(6, d) : at::Tensor()};
    std::vector<at::Tensor> outputs(static_cast<size_t>(steps));
    for (int64_t k = 0; k < steps; ++k) {
      const int64_t t = how.reversed(d) ? steps - 1 - k : k;
      State next = step(gates.select(0, t), state);
      at::Tensor y = next.hidden;
      if (lengths.defined()) {  // beyond a sample's length the state waits and the output is zero
        const at::Tensor live = lengths.gt(t).unsqueeze(1);
        y = at::where(live, y, at::zeros_like(y));
        next.hidden = at::where(live, next.hidden, state.hidden);
        if (with_cell) next.cell = at::where(live, next.cell, state.cell);
      }
      outputs[static_cast<size_t>(t)] = y;
      state = std::move(next);
    }
    all.push_back(steps > 0 ? at::stack(outputs, 0) : at::zeros({0, batch, hidden}, x.options()));
    last_hidden.push_back(state.hidden);
    last_cell.push_back(state.cell);
  }
  at::Tensor y = at::stack(all, 1), y_h = at::stack(last_hidden, 0);
  if (how.batch_first) y = y.permute({2, 0, 1, 3}), y_h = y_h.transpose(0, 1);
  if (!with_cell) return {y, y_h};
  at::Tensor y_c = at::stack(last_cell, 0);
  return {y, y_h, how.batch_first ? y_c.transpose(0, 1) : y_c};
}

// The two halves of B for one direction, of the input and of the state.
struct Biases {
  at::Tensor input, state;
};
Biases biases(Inputs in, int64_t d) {
  if (!present(in, 3)) return {};
  const std::vector<at::Tensor> halves = in[3].select(0, d).chunk(2, 0);
  return {halves.at(0), halves.at(1)};
}

}  // namespace

Kernel prepare_rnn(const Node& node) {
  const Recurrence how(node, {"Tanh"});
  return [=](Inputs in, const Mode&) -> Outputs {
    return run(how, in, false, [&](int64_t d, at::Tensor& bias) -> Step {
      const Biases b = biases(in, d);
      if (b.input.defined()) bias = b.input + b.state;
      return [=, r = in[2].select(0, d).t()](const at::Tensor& gates, const State& before) -> State {
        return {how.act(d, 0)(how.clipped(gates + at::mm(before.hidden, r))), {}};
      };
    });
  };
}

// Gates in the order i, o, f, c; peepholes P in the order i, o, f.
Kernel prepare_lstm(const Node& node) {
  const Recurrence how(node, {"Sigmoid", "Tanh", "Tanh"});
  const bool coupled = node.attributes.integer("input_forget", 0) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    return run(how, in, true, [&](int64_t d, at::Tensor& bias) -> Step {
      const Biases b = biases(in, d);
      if (b.input.defined()) bias = b.input + b.state;
      std::vector<at::Tensor> peep;
      if (present(in, 7)) peep = in[7].select(0, d).chunk(3, 0);
      return [=, r = in[2].select(0, d).t()](const at::Tensor& gates, const State& before) -> State {
        const std::vector<at::Tensor> g = (gates + at::mm(before.hidden, r)).chunk(4, 1);
        at::Tensor i = g[0], o = g[1], f = g[2];
        if (!peep.empty()) i = i + peep[0] * before.cell, f = f + peep[2] * before.cell;
        i = how.act(d, 0)(how.clipped(i));
        f = coupled ? 1 - i : how.act(d, 0)(how.clipped(f));
        const at::Tensor cell = f * before.cell + i * how.act(d, 1)(how.clipped(g[3]));
        if (!peep.empty()) o = o + peep[1] * cell;
        return {how.act(d, 0)(how.clipped(o)) * how.act(d, 2)(cell), cell};
      };
    });
  };
}

// Gates in the order z, r, h.
Kernel prepare_gru(const Node& node) {
  const Recurrence how(node, {"Sigmoid", "Tanh"});
  const bool linear_before_reset = node.attributes.integer("linear_before_reset", 0) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    return run(how, in, false, [&](int64_t d, at::Tensor& bias) -> Step {
      const Biases b = biases(in, d);
      const int64_t hidden = in[2].size(2);
      bias = b.input;
      const at::Tensor r = in[2].select(0, d), zr = r.narrow(0, 0, 2 * hidden).t(),
                       rh = r.narrow(0, 2 * hidden, hidden).t();
      at::Tensor state_zr, state_h;
      if (b.state.defined())
        state_zr = b.state.narrow(0, 0, 2 * hidden), state_h = b.state.narrow(0, 2 * hidden, hidden);
      return [=](const at::Tensor& gates, const State& before) -> State {
        at::Tensor both = gates.narrow(1, 0, 2 * hidden) + at::mm(before.hidden, zr);
        if (state_zr.defined()) both = both + state_zr;
        const std::vector<at::Tensor> g = how.act(d, 0)(how.clipped(both)).chunk(2, 1);
        at::Tensor candidate = gates.narrow(1, 2 * hidden, hidden);
        if (linear_before_reset) {
          at::Tensor own = at::mm(before.hidden, rh);
          if (state_h.defined()) own = own + state_h;
          candidate = candidate + g[1] * own;
        } else {
          candidate = candidate + at::mm(g[1] * before.hidden, rh);
          if (state_h.defined()) candidate = candidate + state_h;
        }
        const at::Tensor h = how.act(d, 1)(how.clipped(candidate));
        return {(1 - g[0]) * h + g[0] * before.hidden, {}};
      };
    });
  };
}

}  // namespace pare::engine
