// Passes keep what a network computes: the engine judges random networks before and after each.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstring>
#include <memory>

#include "core/error.h"
#include "core/passes/pass.h"
#include "tests/support/random_graph.h"
#include "train/engine.h"

namespace pare {
namespace {

using namespace pare::testing;

std::vector<std::string> interface_of(const Graph& g) {
  std::vector<std::string> text;
  for (const auto* list : {&g.inputs, &g.outputs}) {
    for (const ValueId id : *list) text.push_back(g.value(id).name + " " + std::string(name_of(g.value(id).dtype)));
  }
  return text;
}

Graph drawn(bool quantizers) {
  const auto seed = *rc::gen::arbitrary<uint64_t>();
  return random_graph(seed, {.steps = *rc::gen::inRange(0, 14), .quantizers = quantizers});
}

TEST(PassProperty, EveryPassKeepsAValidGraphAndItsInterface) {
  for (const PassDef* pass : pass_list()) {
    EXPECT_TRUE(rc::check(std::string(pass->name), [&] {
      Graph g = drawn(true);
      const auto before = interface_of(g);
      pass->run(g);
      verify(g);
      infer_shapes(g);
      RC_ASSERT(interface_of(g) == before);
    }));
  }
}

TEST(PassProperty, SimplifyEndsAndLeavesNothingToDo) {
  EXPECT_TRUE(rc::check("simplify twice", [] {
    Graph g = drawn(true);
    const auto before = interface_of(g);
    simplify(g);
    verify(g);
    RC_ASSERT(interface_of(g) == before);
    const std::string once = to_text(g);
    for (const PassEffect& effect : simplify(g)) RC_ASSERT(effect.runs == 0);
    RC_ASSERT(to_text(g) == once);
  }));
}

TEST(PassProperty, UnfoldingWhatWasFoldedFoldsAgainToTheSame) {
  EXPECT_TRUE(rc::check("fold, unfold, fold", [] {
    Graph g = drawn(true);
    simplify(g);  // what dead code reads would keep a pair from folding the first time only
    fold_qdq(g);
    const std::string folded = to_text(g);
    unfold_qdq(g);
    verify(g);
    RC_ASSERT(!unfold_qdq(g));
    fold_qdq(g);
    RC_ASSERT(to_text(g) == folded);
  }));
}

class PassesWithEngine : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    try {
      engine_ = open_engine({.device = "cpu", .threads = 1});
    } catch (const Error& e) {
      reason_ = e.what();
    }
  }
  static void TearDownTestSuite() { engine_.reset(); }
  void SetUp() override {
    if (!engine_) GTEST_SKIP() << reason_;
  }

  // Outputs for a random input, batch 2.
  static std::vector<Tensor> run(const Graph& g, uint64_t seed) {
    Random random(seed);
    std::vector<Tensor> inputs;
    for (const ValueId id : g.inputs) {
      Shape shape;
      for (const Dim& dim : *g.value(id).dims) shape.push_back(dim.known() ? dim.factor : 2);
      inputs.push_back(random_floats(shape, random));
    }
    return engine_->run(g, inputs);
  }
  // The largest difference, relative to the largest value of the output.
  static double difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
    RC_ASSERT(a.size() == b.size());
    double worst = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      RC_ASSERT(a[i].shape() == b[i].shape());
      const auto va = a[i].view<float>(), vb = b[i].view<float>();
      double largest = 1e-3, apart = 0;
      for (size_t k = 0; k < va.size(); ++k) {
        largest = std::max(largest, std::abs(static_cast<double>(va[k])));
        apart = std::max(apart, std::abs(static_cast<double>(va[k]) - static_cast<double>(vb[k])));
      }
      worst = std::max(worst, apart / largest);
    }
    return worst;
  }
  static void keeps_outputs(const std::string& title, bool quantizers, double tolerance, bool (*rewrite)(Graph&)) {
    EXPECT_TRUE(rc::check(title, [&] {
      Graph g = drawn(quantizers);
      const auto before = run(g, 1);
      rewrite(g);
      verify(g);
      RC_ASSERT(difference(before, run(g, 1)) <= tolerance);
    }));
  }

  static inline std::shared_ptr<Engine> engine_;
  static inline std::string reason_;
};

TEST_F(PassesWithEngine, KeepOutputs) {
  for (const PassDef* pass : pass_list()) {
    const bool rounds = pass->name == "fold_batch_norm";  // the others compute the same floats
    // A changed last bit in front of a quantizer may become a whole level, so rounding passes are judged without any.
    keeps_outputs(std::string(pass->name), !rounds, rounds ? 1e-4 : 1e-6, pass->run);
  }
}

TEST_F(PassesWithEngine, SimplifyKeepsOutputs) {
  keeps_outputs("simplify", false, 1e-4, [](Graph& g) {
    simplify(g);
    return true;
  });
}

TEST_F(PassesWithEngine, UnfoldedGraphsBehaveTheSame) {
  keeps_outputs("unfold(fold(g))", true, 1e-6, [](Graph& g) {
    fold_qdq(g);
    return unfold_qdq(g);
  });
}

}  // namespace
}  // namespace pare
